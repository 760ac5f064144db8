"""Fields that make events: an event is its template and the values that some fields of the line have.

`GET /index.html HTTP/<*> [status=500]` is another event than the same with 200, whatever masks do to
numbers: values join a message after it was masked, and leave it before it is mined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.options.mistakes import did_you_mean

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FieldValues", "parted", "refuse_unknown_fields", "with_values"]

_KEY: Final = "template.with_fields"
_MOST_VALUES: Final = 200
"""Of one field. What has more, as an address or an amount, would make nearly every event a new one."""

_NO_VALUE: Final = "-"


def with_values(messages: pl.Series, values: pl.DataFrame) -> pl.Series:
    """(messages,) masked messages with the values of fields behind them.

    Args:
        messages: (messages,) String.
        values: A String column for each field, named by it; null where a line has no value.
    """
    import polars as pl

    pairs = [
        pl.lit(f"{_bare(name)}=") + _bare_text(pl.col(name)).fill_null(_NO_VALUE)
        for name in values.columns
    ]
    suffix = pl.concat_str(pl.lit(" ["), pl.concat_str(pairs, separator=", "), pl.lit("]"))
    return messages + values.select(suffix).to_series()


def parted(text: str, fields: Sequence[str]) -> tuple[str, str]:
    """What stands before the values of fields, and the rest; the two together are the text.

    Examples:
        >>> parted("GET <*> [status=500]", ["status"])
        ('GET <*>', ' [status=500]')
    """
    place = text.rfind(f" [{_bare(fields[0])}=") if fields else -1
    return (text, "") if place < 0 else (text[:place], text[place:])


def _bare(name: str) -> str:
    """Without brackets, so that the last one of an event begins its fields."""
    return name.replace("[", "(").replace("]", ")")


def _bare_text(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(["[", "]"], ["(", ")"])


def refuse_unknown_fields(wanted: Iterable[str], known: Sequence[str]) -> None:
    """Make sure that lines have the fields that make events.

    Raises:
        ConfigError: they do not.
    """
    for name in wanted:
        if name not in known:
            raise ConfigError.of(
                _KEY,
                name,
                problem="the lines have no such field",
                allowed=", ".join(known) or "no field: the parser knows none",
                fix=did_you_mean(name, known, "name one of them, or set it to []"),
            )


class FieldValues:
    """The values that fields which make events have had so far.

    Attributes:
        values: Field -> its values, None among them where a row had none.
    """

    def __init__(self) -> None:
        self.values: dict[str, set[str | None]] = {}

    def add(self, values: dict[str, set[str | None]]) -> None:
        """Take note of the values of a block.

        Raises:
            DataError: a field has too many to make events.
        """
        for name, some in values.items():
            every = self.values.setdefault(name, set())
            every |= some
            if len(every) > _MOST_VALUES:
                few = ", ".join(sorted(value for value in every if value is not None)[:3])
                raise DataError.of(
                    _KEY,
                    name,
                    problem=f"the field has more than {_MOST_VALUES} values, as {few}",
                    allowed=f"fields of at most {_MOST_VALUES} values: level, status, method",
                    fix="leave it out; what varies like this is a parameter",
                )

    def refuse_none(self, known: Sequence[str]) -> None:
        """Make sure that every field had a value at all.

        Raises:
            DataError: one had none.
        """
        for name, values in self.values.items():
            if values == {None}:
                raise DataError.of(
                    _KEY,
                    name,
                    problem="no line has this field",
                    allowed=", ".join(known) or "no field: the lines have none",
                    fix=did_you_mean(name, known, "name one of them, or set it to []"),
                )
