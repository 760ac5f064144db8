"""Times of one shape, read by each format that may be meant: which one is, and how sure that is.

`03/04/2024` is in March or in April. A day above 12 decides. Where none is seen, times that stand in
order by one format and not by the other decide; else the day and the month are ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.named import time_format

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ReadTimes", "days_of", "in_order", "read_times"]

_SAME_SHARE: Final = 0.005


@dataclass(frozen=True)
class ReadTimes:
    """What a format reads.

    Attributes:
        form: The format, as `time_format` takes it.
        share: Of the texts, those that it reads.
        has_year: The texts name a year.
        other: A format with day and month the other way, which reads them as well; None without one.
    """

    form: str
    share: float
    has_year: bool
    other: str | None


def read_times(texts: pl.Series, forms: Sequence[str], year: int) -> ReadTimes | None:
    """The format that is meant; None where there are no texts.

    Args:
        texts: (times,) String in the order of the log, without nulls.
        forms: Formats, of which the first is meant where nothing decides.
        year: Of texts without one.
    """
    if texts.is_empty():
        return None
    found = []
    for form in forms:
        reader = time_format(form, year)
        ms = reader.ms(texts)
        found.append((form, ms.count() / len(texts), in_order(ms), reader.has_year))
    most = max(share for _, share, _, _ in found)
    near = [one for one in found if one[1] >= most - _SAME_SHARE]
    form, share, order, has_year = max(near, key=lambda one: one[2])
    others = [one[0] for one in near if one[0] != form and one[2] >= order]
    other = next((one for one in others if days_of(one) != days_of(form)), None)
    return ReadTimes(form, share, has_year, other)


def in_order(ms: pl.Series) -> float:
    """Share of times that are not before the one above."""
    steps = ms.drop_nulls().diff().drop_nulls()
    return float((steps >= 0).sum() / len(steps)) if len(steps) else 1.0


def days_of(form: str) -> list[str]:
    """The directives of the day, in their order."""
    return sorted((part for part in ("%d", "%m", "%y", "%Y") if part in form), key=form.index)
