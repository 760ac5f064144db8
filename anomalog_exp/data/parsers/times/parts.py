"""Formats of years, months, hours and so on, and what time it is by those parts.

A regular expression says which texts fit and where the parts stand. Cutting a text into parts takes five
times as long as polars' own parser (chrono), which knows most formats, but reads some texts otherwise:
a leap second, a wrong weekday, the year 69. So every text is matched, chrono reads what it can, and the
parts of the few others are taken one by one.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.times.base import TimeFormat
from anomalog_exp.data.parsers.times.days import day_of_iso_week, day_of_week, days_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AMPM", "MONTHS", "PARTS", "WEEKDAYS", "PartsFormat", "any_of"]

MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WEEKDAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
AMPM: Final = ("am", "pm")


def any_of(names: list[str] | tuple[str, ...]) -> str:
    """A pattern of these names; longer ones first, of which shorter ones may be the beginning."""
    return "|".join(sorted(names, key=len, reverse=True))


PARTS: Final = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "1[0-2]|0[1-9]|[1-9]",
    "B": any_of(MONTHS),
    "b": any_of([name[:3] for name in MONTHS]),
    "d": "3[01]|[12][0-9]|0[1-9]|[1-9]| [1-9]",
    "j": "36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9]",
    "A": any_of(WEEKDAYS),
    "a": any_of([name[:3] for name in WEEKDAYS]),
    "w": "[0-6]",
    "u": "[1-7]",
    "U": "5[0-3]|[0-4][0-9]|[0-9]",
    "W": "5[0-3]|[0-4][0-9]|[0-9]",
    "G": "[0-9]{4}",
    "V": "5[0-3]|0[1-9]|[1-4][0-9]|[0-9]",
    "H": "2[0-3]|[01][0-9]|[0-9]",
    "I": "1[0-2]|0[1-9]|[1-9]",
    "p": any_of(AMPM),
    "M": "[0-5][0-9]|[0-9]",
    "S": "[0-5][0-9]|[0-9]",
    "f": "[0-9]{1,6}",
    "z": "[+-](?:[01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9])?|[0-5][0-9](?:[0-5][0-9])?)|(?-i:Z)",
    "Z": "utc|gmt",
}
"""Part -> what its text is, after CPython's `_strptime`, in any case. Of names of zones only those are
read whose meaning does not depend on the machine."""

_OF_A_DAY: Final = frozenset("HIpMSfzZ")
"""Parts that say when on a day, and not on which."""

_GROUP: Final = re.compile(r"\(\?P<\w>")


class PartsFormat(TimeFormat):
    """A format whose texts hold the parts of a time.

    Attributes:
        pattern: Regular expression of a text, with a group for each part, named as in `PARTS`.
    """

    def __init__(self, pattern: str, year: int | None) -> None:
        self.pattern = pattern
        self._year = year
        self._plain = f"(?i)^(?:{_GROUP.sub('(?:', pattern)})$"
        self._grouped = f"(?i)^(?:{pattern})$"
        self._names = {group[-2] for group in _GROUP.findall(pattern)}
        self.has_year = bool(self._names & {"Y", "y", "G"})
        self.has_date = not self._names <= _OF_A_DAY

    def ms(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        fits = texts.str.contains(self._plain)
        quick = self._quick(texts)
        left = (fits & quick.is_null()).fill_null(False)
        found = pl.select(pl.when(fits).then(quick)).to_series()
        if left.any():
            found = found.scatter(left.arg_true(), self._by_parts(texts.filter(left)))
        return found

    @abstractmethod
    def _quick(self, texts: pl.Series) -> pl.Series:
        """(lines,) Int64 milliseconds of what polars reads right among the texts that fit, else null."""

    def _by_parts(self, texts: pl.Series) -> pl.Series:
        """(lines,) Int64 milliseconds of texts that fit; null where there is no such day."""
        import polars as pl

        parts = texts.str.extract_groups(self._grouped).struct.unnest()
        day = self._day()
        hour = self._int("H") if "H" in self._names else self._hour_of_12()
        seconds = ((day * 24 + hour) * 60 + self._int("M")) * 60 + self._int("S")
        fraction = self._int("f", pl.col("f").str.pad_end(3, "0").str.head(3))
        return parts.select((seconds - self._offset()) * 1000 + fraction).to_series()

    def _int(self, name: str, text: pl.Expr | None = None, *, missing: int = 0) -> pl.Expr:
        import polars as pl

        if name not in self._names:
            return pl.lit(missing, dtype=pl.Int64)
        text = pl.col(name).str.strip_chars(" ") if text is None else text
        return text.cast(pl.Int64, strict=False).fill_null(missing)

    def _named(self, name: str, names: list[str] | tuple[str, ...]) -> pl.Expr:
        """Place of a name among all, counted from 0."""
        import polars as pl

        place = {one: number for number, one in enumerate(names)}
        return pl.col(name).str.to_lowercase().replace_strict(place, return_dtype=pl.Int64)

    def _hour_of_12(self) -> pl.Expr:
        afternoon: Any = self._named("p", AMPM) if "p" in self._names else 0
        return self._int("I") % 12 + 12 * afternoon

    def _offset(self) -> pl.Expr:
        """Seconds that the zone is ahead of UTC."""
        import polars as pl

        if "z" not in self._names:
            return pl.lit(0)
        digits = pl.col("z").str.replace_all("[^0-9]", "").str.pad_end(6, "0")
        size = pl.lit(0)
        for place, seconds in ((0, 3600), (2, 60), (4, 1)):
            size = size + digits.str.slice(place, 2).cast(pl.Int64) * seconds
        signed = pl.when(pl.col("z").str.starts_with("-")).then(-size).otherwise(size)
        return signed.fill_null(0)

    def _weekday(self) -> pl.Expr | None:
        """Monday is 0; None where the format has no weekday."""
        if "A" in self._names:
            return self._named("A", WEEKDAYS)
        if "a" in self._names:
            return self._named("a", [name[:3] for name in WEEKDAYS])
        if "w" in self._names:
            return (self._int("w") + 6) % 7
        return self._int("u") - 1 if "u" in self._names else None

    def _day(self) -> pl.Expr:
        """Days since 1970-01-01; null where there is no such day."""
        import polars as pl

        weekday = self._weekday()
        if "G" in self._names and weekday is not None:
            return day_of_iso_week(self._int("G"), self._int("V"), weekday)
        if "y" in self._names:
            short = self._int("y")
            year = short + pl.when(short < 69).then(2000).otherwise(1900)
        else:
            year = self._int("Y", missing=1900 if self._year is None else self._year)
        if "j" in self._names:
            return days_of(year, pl.lit(1), pl.lit(1)) + self._int("j") - 1
        for name, first in (("U", 6), ("W", 0)):
            if name in self._names and weekday is not None:
                return day_of_week(year, self._int(name), (weekday - first) % 7, first)
        if "B" in self._names:
            month = self._named("B", MONTHS) + 1
        elif "b" in self._names:
            month = self._named("b", [name[:3] for name in MONTHS]) + 1
        else:
            month = self._int("m", missing=1)
        day = self._int("d", missing=1)
        days = days_of(year, month, day)
        exists = pl.from_epoch(days * 86_400).dt.month() == month
        return pl.when(exists).then(days)
