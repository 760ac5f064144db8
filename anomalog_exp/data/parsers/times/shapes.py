"""How times look in logs: shapes in the order in which they are tried, and the formats that read them.

A shape that is part of another one comes behind it: a date alone behind a date with a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GAP", "SHAPES", "WORD", "YEAR", "TimeShape", "begins_with_time", "holds_time"]

YEAR: Final = 2024
"""Stands for the year of times without one, as in the formats that ship: it has a February 29."""

_D, _DD, _YYYY = "[0-9]{1,2}", "[0-9]{2}", "[0-9]{4}"
_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_WEEKDAY: Final = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DAY: Final = "[ 0-9]?[0-9]"
_CLOCK: Final = rf"{_D}:{_DD}:{_DD}(?:[.,][0-9]{{1,9}})?"
_OFFSET: Final = rf"(?:Z|[+-]{_DD}:?{_DD})\b"
_ISO_ZONE: Final = rf"(?: ?{_OFFSET}| UTC\b)?"
_SECONDS: Final = ("%S", "%S.%f", "%S,%f", "%S%.f")
"""Seconds without and with a fraction; nine digits are more than Python's directive takes."""


@dataclass(frozen=True)
class TimeShape:
    """A shape of times.

    Attributes:
        pattern: Regular expression without groups.
        formats: What may read them; where there are several, days and months may stand either way.
    """

    pattern: str
    formats: tuple[str, ...]

    @property
    def spelled(self) -> list[str]:
        """Every format, with each way to write seconds."""
        return [
            form.replace("%S", seconds)
            for form in self.formats
            for seconds in (_SECONDS if "%S" in form else ("",))
        ]


def _dated(day: str, *forms: str, between: str = " ", zone: bool = False) -> list[TimeShape]:
    """A day, one of some characters, and a time of 24 hours; an offset may follow with `zone`."""
    pattern = f"{day}[{between}]{_CLOCK}"
    formats = tuple(f"{form}{mark}%H:%M:%S" for form in forms for mark in between)
    plain = TimeShape(pattern, formats)
    zoned = TimeShape(f"{pattern} {_OFFSET}", tuple(f"{form} %z" for form in formats))
    return [zoned, plain] if zone else [plain]


SHAPES: Final = (
    TimeShape(rf"{_YYYY}-{_DD}-{_DD}[T ]{_CLOCK}{_ISO_ZONE}", ("iso8601",)),
    TimeShape(rf"[0-9]{{8}}T[0-9]{{6}}(?:[.,][0-9]+)?{_ISO_ZONE}", ("iso8601",)),
    TimeShape(rf"{_YYYY}-{_DD}-{_DD}[T ]{_DD}:{_DD}\b", ("iso8601",)),
    TimeShape(rf"{_YYYY}-{_DD}-{_DD}\s{{2,}}{_CLOCK}", ("%Y-%m-%d %H:%M:%S",)),
    *_dated(rf"{_YYYY}-{_DD}-{_DD}", "%Y-%m-%d", between="_-"),
    TimeShape(
        rf"{_YYYY}-{_DD}-{_DD}-{_DD}\.{_DD}\.{_DD}(?:\.[0-9]{{1,9}})?", ("%Y-%m-%d-%H.%M.%S",)
    ),
    *_dated(rf"{_YYYY}/{_D}/{_D}", "%Y/%m/%d", between=" -", zone=True),
    *_dated(rf"{_YYYY}\.{_DD}\.{_DD}", "%Y.%m.%d", zone=True),
    *_dated(rf"{_D}/{_MONTH}/{_YYYY}", "%d/%b/%Y", between=": ", zone=True),
    *_dated(rf"{_D}-{_MONTH}-{_YYYY}", "%d-%b-%Y", zone=True),
    *_dated(rf"{_WEEKDAY}, {_D} {_MONTH} {_YYYY}", "%a, %d %b %Y", zone=True),
    *_dated(rf"{_D} {_MONTH} {_YYYY}", "%d %b %Y", zone=True),
    TimeShape(rf"{_WEEKDAY} {_MONTH} {_DAY} {_CLOCK} {_YYYY}", ("%a %b %d %H:%M:%S %Y",)),
    TimeShape(rf"{_WEEKDAY} {_MONTH} {_DAY} {_CLOCK} UTC {_YYYY}", ("%a %b %d %H:%M:%S UTC %Y",)),
    TimeShape(rf"{_MONTH} {_D}, {_YYYY} {_CLOCK} [AP]M", ("%b %d, %Y %I:%M:%S %p",)),
    *_dated(rf"{_MONTH} {_DAY},? {_YYYY}", "%b %d, %Y", "%b %d %Y"),
    *_dated(rf"{_D}\.{_D}\.{_YYYY}", "%d.%m.%Y", "%m.%d.%Y"),
    TimeShape(
        rf"{_D}/{_D}/{_YYYY} {_CLOCK} [AP]M", ("%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p")
    ),
    TimeShape(
        rf"{_D}/{_D}/{_YYYY}, {_CLOCK} [AP]M", ("%m/%d/%Y, %I:%M:%S %p", "%d/%m/%Y, %I:%M:%S %p")
    ),
    *_dated(rf"{_D}/{_D}/{_YYYY}", "%d/%m/%Y", "%m/%d/%Y", between=" -", zone=True),
    *_dated(rf"{_D}/{_D}/{_YYYY},", "%d/%m/%Y,", "%m/%d/%Y,"),
    *_dated(rf"{_D}-{_D}-{_YYYY}", "%d-%m-%Y", "%m-%d-%Y"),
    *_dated(rf"{_DD}/{_DD}/{_DD}", "%y/%m/%d", "%d/%m/%y", "%m/%d/%y"),
    *_dated(rf"{_DD}\.{_DD}\.{_DD}", "%d.%m.%y", "%y.%m.%d"),
    *_dated(rf"{_DD}-{_DD}-{_DD}", "%y-%m-%d", "%d-%m-%y"),
    *_dated(r"[0-9]{8}", "%Y%m%d", between=" -"),
    TimeShape(r"[0-9]{8}[-_ ][0-9]{6}\b", ("%Y%m%d %H%M%S", "%Y%m%d-%H%M%S", "%Y%m%d_%H%M%S")),
    TimeShape(rf"[0-9]{{6}}\s+{_CLOCK}", ("%y%m%d %H:%M:%S",)),
    TimeShape(r"[0-9]{6} [0-9]{6}\b", ("%y%m%d %H%M%S",)),
    TimeShape(r"(?:19|20)[0-9]{12}\b", ("%Y%m%d%H%M%S",)),
    *_dated(rf"{_WEEKDAY} {_MONTH} {_DAY}", "%a %b %d"),
    *_dated(rf"{_MONTH} {_DAY}", "%b %d"),
    *_dated(rf"{_DD}-{_DD}", "%m-%d", "%d-%m"),
    *_dated(rf"{_DD}/{_DD}", "%m/%d", "%d/%m"),
    *_dated(rf"{_DD}\.{_DD}", "%m.%d", "%d.%m"),
    TimeShape(r"1[0-9]{18}\b", ("epoch_ns",)),
    TimeShape(r"1[0-9]{15}\b", ("epoch_us",)),
    TimeShape(r"1[0-9]{12}\b(?:\.[0-9]+)?", ("epoch_ms",)),
    TimeShape(r"1[0-9]{9}\b(?:\.[0-9]+)?", ("epoch_s",)),
    TimeShape(rf"{_YYYY}-{_DD}-{_DD}\b", ("iso8601",)),
    TimeShape(rf"{_YYYY}/{_DD}/{_DD}\b", ("%Y/%m/%d",)),
    TimeShape(_CLOCK, ("%H:%M:%S",)),
)
"""What comes first of two shapes that both fit."""

WORD: Final = r"[^\s|,;]+"
GAP: Final = r"[\s|,;]+"
"""What stands between words near the begin of lines."""

_ON_A_CLOCK: Final = [shape.pattern for shape in SHAPES if ":" in shape.pattern]
"""A day alone, or a number, may be anything."""

_ANY: Final = "|".join(_ON_A_CLOCK)
_ANY_OF_A_DAY: Final = "|".join(pattern for pattern in _ON_A_CLOCK if pattern != _CLOCK)
_NEAR: Final = 120


def begins_with_time(lines: pl.Series) -> pl.Series:
    """(lines,) Boolean: lines that have a time behind two words at most, as records have."""
    return lines.str.contains(rf"^(?:{WORD}{GAP}){{0,2}}[\[(<{{]?(?:{_ANY})")


def holds_time(lines: pl.Series) -> pl.Series:
    """(lines,) Boolean: lines that hold a day and a time among their first characters."""
    return lines.str.head(_NEAR).str.contains(_ANY_OF_A_DAY)
