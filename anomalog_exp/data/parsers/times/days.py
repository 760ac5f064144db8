"""Days since 1970-01-01 of the Gregorian calendar, as expressions over columns of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["day_of_iso_week", "day_of_week", "days_of"]


def days_of(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 of the Gregorian calendar (Hinnant, "chrono-compatible date algorithms")."""
    import polars as pl

    early = (month <= 2).cast(pl.Int64)
    year = year - early
    century = year // 400
    within = year - century * 400
    of_year = (153 * (month + 12 * early - 3) + 2) // 5 + day - 1
    return century * 146_097 + within * 365 + within // 4 - within // 100 + of_year - 719_468


def day_of_iso_week(year: pl.Expr, week: pl.Expr, weekday: pl.Expr) -> pl.Expr:
    """The same of a day by its week of ISO 8601; Monday is 0."""
    import polars as pl

    fourth = days_of(year, pl.lit(1), pl.lit(4))  # is in week 1
    return fourth - (fourth + 3) % 7 + (week - 1) * 7 + weekday


def day_of_week(year: pl.Expr, week: pl.Expr, place: pl.Expr, first: int) -> pl.Expr:
    """The same of a day by its week, where week 1 begins with the first day of that name.

    Args:
        year: Of the week.
        week: 0 to 53.
        place: Of the day in its week, counted from 0.
        first: The weekday that begins a week, Monday is 0.
    """
    import polars as pl

    new_year = days_of(year, pl.lit(1), pl.lit(1))
    its_place = (new_year + 3 - first) % 7  # 1970 began on a Thursday
    # Where a year begins with a full week, Python gives week 0 and week 1 the same days.
    back = pl.when((week > 0) & (its_place == 0)).then(7).otherwise(its_place)
    return new_year + week * 7 + place - back
