"""Moments and lengths of time as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["clock", "duration", "has_dates"]

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second"))


def clock(ms: int, *, dated: bool = True) -> str:
    """A time in UTC, to the second; of its day alone where the log has no dates."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if dated else f"{moment:%H:%M:%S}"


def has_dates(dataset: Mapping[str, Any]) -> bool:
    """Whether the times of a data set name their day.

    Args:
        dataset: Its manifest, which says so since times without a date are told from others.
    """
    return not dataset.get("date_assumed", False)


def duration(ms: int) -> str:
    """A length of time in its largest unit.

    Examples:
        >>> duration(90_000), duration(3_600_000), duration(12), duration(10**11)
        ('1.5 minutes', '1 hour', '12 ms', '1,157 days')
    """
    for size, unit in _UNITS:
        if ms >= size:
            count = ms / size
            number = f"{count:.3g}" if count < 100 else f"{count:,.0f}"
            return f"{number} {unit}" if ms == size else f"{number} {unit}s"
    return f"{ms} ms"
