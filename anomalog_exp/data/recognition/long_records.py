"""Records so long that few lines begin one, as where most events have a stack trace below them.

A run refuses a format that few lines fit, unless a pattern says what begins a record. Here that pattern
is the time: what begins with one begins a record, and hardly another line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.shapes import SHAPES
from anomalog_exp.data.recognition.own_format import time_at_begin
from anomalog_exp.data.recognition.recognition import ParserChoice

if TYPE_CHECKING:
    import polars as pl

__all__ = ["pinned_records"]

_NEARLY_ALL: Final = 0.98
_HARDLY: Final = 0.02
_FEW: Final = 0.05
"""Where more of the other lines hold a time, they may be records, too."""


def pinned_records(
    choice: ParserChoice, first: pl.Series, others: pl.Series
) -> ParserChoice | None:
    """The choice with a pattern of what begins a record; None where the time does not tell it.

    Args:
        choice: Reads the first lines.
        first: (records,) String, the lines that begin a record.
        others: (lines,) String, those that would continue one.
    """
    pattern = time_at_begin(first)
    if pattern is None or not hasattr(choice.config, "multiline"):
        return None
    begins, begin_too = (
        int(lines.str.contains(f"^(?:{pattern})").sum()) for lines in (first, others)
    )
    any_time = "|".join(shape.pattern for shape in SHAPES)
    timed = int(others.str.contains(any_time).sum())
    if (
        begins < _NEARLY_ALL * len(first)
        or begin_too > _HARDLY * len(first)
        or timed > _FEW * len(others)
    ):
        return None
    keys = choice.keys | {"multiline": {"starts_with": pattern}}
    return ParserChoice.of(choice.option, choice.config, keys)
