"""The fields of a log's lines, and which of them make events.

A field makes events where another value of it is another thing that happened: the severity, the status
of an answer, the kind of an action. It has few values; what has many is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.parsers.base import field_column
from anomalog_exp.data.reading.prepared import LEVEL

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FieldFacts", "event_fields", "field_facts"]

_EXAMPLES: Final = 5
_MOST_EVENT_FIELDS: Final = 3
_MOST_VALUES: Final = 20
_FEWEST_LINES: Final = 0.5
_STATUS: Final = (
    "status",
    "status_code",
    "statuscode",
    "code",
    "http_status",
    "response_code",
    "rc",
)
_METHOD: Final = ("method", "http_method", "request_method", "verb")
_KINDS: Final = ("type", "event", "action", "result", "state", "outcome")
_STATUS_CODE: Final = "^[1-5][0-9]{2}$"
_KIND: Final = r"^[A-Za-z][\w .:/-]{0,40}$"


@dataclass(frozen=True)
class FieldFacts:
    """A field in the sample.

    Attributes:
        name: Of the field.
        share: Of the records, those that have a value.
        distinct: How many values there are.
        examples: The most frequent of them, most frequent first.
    """

    name: str
    share: float
    distinct: int
    examples: tuple[str, ...]


def field_facts(rows: pl.DataFrame, names: Sequence[str]) -> tuple[FieldFacts, ...]:
    """Facts of fields, the level of any log first.

    Args:
        rows: (records,) of a parser, with the fields that it carries.
        names: Of these fields.
    """
    import polars as pl

    level = rows["level"].replace_strict(
        range(len(LEVELS)), LEVELS, default=None, return_dtype=pl.String
    )
    given = {LEVEL: level} if level.count() else {}
    given |= {name: rows[field_column(name)] for name in names if name not in given}
    return tuple(_facts(name, values) for name, values in given.items() if values.count())


def _facts(name: str, values: pl.Series) -> FieldFacts:
    import polars as pl

    counts = values.drop_nulls().alias("value").value_counts(name="count")
    # By frequency, then by text: the same whatever order polars counts in.
    first = counts.sort(["count", "value"], descending=[True, False]).head(_EXAMPLES)
    examples = tuple(first.get_column("value").cast(pl.String))
    return FieldFacts(name, values.count() / len(values), len(counts), examples)


def event_fields(facts: Sequence[FieldFacts], rows: pl.DataFrame) -> tuple[str, ...]:
    """The fields that should make events, as `template.with_fields` takes them; at most three."""
    ranked = [(_rank(one, rows), place, one.name) for place, one in enumerate(facts)]
    named = sorted((rank, place, name) for rank, place, name in ranked if rank is not None)
    return tuple(name for _, _, name in named[:_MOST_EVENT_FIELDS])


def _rank(facts: FieldFacts, rows: pl.DataFrame) -> int | None:
    """How surely a field makes events, 0 before 1; None where it makes none."""
    if not 2 <= facts.distinct <= _MOST_VALUES or facts.share < _FEWEST_LINES:
        return None
    if facts.name == LEVEL:
        return 0
    name = re.split(r"[.]", facts.name)[-1].lower()
    values = rows[field_column(facts.name)].drop_nulls()
    if name in _STATUS or values.str.contains(_STATUS_CODE).all():
        return 1
    if name in _METHOD:
        return 2
    return 3 if name in _KINDS and values.str.contains(_KIND).all() else None
