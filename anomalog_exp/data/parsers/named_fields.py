"""Formats whose lines name their fields, or whose header does: JSON, logfmt, CSV.

Which fields are the message, the time and the level is found by well-known names, or named. A line that
has none for its message is its own message, so that nothing is lost.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.parsers.known_names import LEVEL_NAMES, MESSAGE_NAMES, TIME_NAMES
from anomalog_exp.data.parsers.levels import any_level_codes
from anomalog_exp.data.parsers.times.named import TIME_FORMAT, time_format_or_any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NamedFieldsConfig", "NamedFieldsParser", "occurring"]

_HEAD: Final = 100


class NamedFieldsConfig(ParserConfig):
    """Which field of a line is what."""

    message_field: str | None = Field(description="the field that holds the message")
    time_field: str | None = Field(description="the field that holds the time")
    time_format: str | None = Field(description=TIME_FORMAT)
    year: int | None = Field(description="of the first line, where times have none")
    level_field: str | None = Field(description="the field that holds the level")
    entity_field: str | None = Field(description="the field that holds the entity")

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        time_format_or_any(self.time_format, self.year)
        return self


class NamedFieldsParser(Parser):
    """Reads lines as its config says."""

    def __init__(self, config: NamedFieldsConfig) -> None:
        self._names = {
            "message": _one_of(config.message_field, MESSAGE_NAMES),
            "time_ms": _one_of(config.time_field, TIME_NAMES),
            "level": _one_of(config.level_field, LEVEL_NAMES),
        }
        if config.entity_field is not None:
            self._names["entity"] = [config.entity_field]
        self._times = time_format_or_any(config.time_format, config.year)
        # Without a word on times, lines may have none.
        self.reads_times = not (config.time_field is None and config.time_format is None)
        self.assumes_year = not self._times.has_year
        self.assumes_date = not self._times.has_date

    @abstractmethod
    def texts(self, lines: pl.Series, names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
        """Fields of lines.

        Args:
            lines: (lines,) String.
            names: Of each column that is wanted, the fields that may hold it, the first choice first.

        Returns:
            One String column of each name, null where a line has no such field, and `fits`, Boolean,
            false where a line is not of the format.
        """

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        carried = {field_column(name): [name] for name in self.carried}
        found = self.texts(lines, self._names | carried)
        # What puts a line into a field often keeps its end.
        message = pl.coalesce(found["message"].str.strip_chars_end("\r\n"), lines)
        return found.select(
            pl.when("fits").then(message).alias("message"),
            self._times.ms(found["time_ms"]).alias("time_ms"),
            any_level_codes(found["level"]).alias("level"),
            *(name for name in found.columns if name == "entity" or name in carried),
        )

    def _others(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some fields that are not read as the message or the time."""
        used = {*self._names["message"], *self._names["time_ms"]}
        return tuple(name for name in names if name not in used)


def _one_of(named: str | None, known: Sequence[str]) -> list[str]:
    return [*known] if named is None else [named]


def occurring(lines: pl.Series, marks: Mapping[str, str]) -> set[str]:
    """Names that may stand in some lines: of many known names a log has few, and each takes time.

    Args:
        lines: (lines,) String.
        marks: Name -> a text that every line holds which has a field of that name.

    Returns:
        At least the names that do. Those of the first lines, if no other one's mark is in any line; else
        all.
    """
    head = lines.head(_HEAD)
    near = {name for name, mark in marks.items() if head.str.contains(mark, literal=True).any()}
    others = [mark for name, mark in marks.items() if name not in near]
    return {*marks} if others and lines.str.contains_any(others).any() else near
