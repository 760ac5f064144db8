"""Moments and lengths of time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["clock", "duration"]

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second"))


def clock(ms: int) -> str:
    """A time in UTC, to the second."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


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
