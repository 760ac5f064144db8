"""The columns of a data set: one table, which reading, building, opening and the tests go by.

A column is one attribute of `EventColumns`. Its type gives the dtype and `About` the rest, so that an
array cannot be typed one way and stored another. A new column is one attribute here and the parser that
fills it: what a parser leaves out holds the column's missing value in every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "COLUMNS",
    "LEVELS",
    "NO_ENTITY",
    "NO_LEVEL",
    "NO_TIME",
    "UNLABELLED",
    "Column",
    "EventColumns",
]

NO_TIME: Final = np.iinfo(np.int64).min
"""`time_ms` of a row whose line has no time."""

NO_ENTITY: Final = -1
"""`entity` of a row that belongs to none."""

UNLABELLED: Final = -1
"""Label of an event or entity that the source says nothing about."""

NO_LEVEL: Final = -1
"""`level` of a row whose line names none."""

LEVELS: Final = ("trace", "debug", "info", "notice", "warning", "error", "critical", "fatal")
"""The scale of severity, in the order of the codes. What syslog calls alert and emergency is fatal."""


@dataclass(frozen=True)
class About:
    """What a column's type does not say.

    Attributes:
        meaning: For people.
        missing: Value of a row that has none; None where every row has one.
        parsed: A parser gives it, as whole numbers with nulls for `missing`.
        allowed: Smallest and largest number that a parser may give.
        vocabulary: The field of a `LogDataset` that its codes count in.
    """

    meaning: str
    missing: int | None = None
    parsed: bool = False
    allowed: tuple[int, int] | None = None
    vocabulary: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class EventColumns:
    """Arrays with one entry per event, in source order; `COLUMNS` says what each holds."""

    line: Annotated[
        NDArray[np.int64],
        About("zero-based number of the first raw line; rows may skip numbers"),
    ]
    time_ms: Annotated[
        NDArray[np.int64], About("Unix milliseconds UTC", missing=NO_TIME, parsed=True)
    ]
    entity: Annotated[
        NDArray[np.int32],
        About("code into `entities`", missing=NO_ENTITY, vocabulary="entities"),
    ]
    template: Annotated[NDArray[np.int32], About("code into `templates`", vocabulary="templates")]
    label: Annotated[
        NDArray[np.int8],
        About("0 normal, 1 anomalous", missing=UNLABELLED, parsed=True, allowed=(0, 1)),
    ]
    level: Annotated[
        NDArray[np.int8],
        About("severity, code into `LEVELS`", missing=NO_LEVEL, parsed=True, allowed=(0, 7)),
    ]
    source: Annotated[
        NDArray[np.int16], About("input file, code into `sources`", vocabulary="sources")
    ]


@dataclass(frozen=True, kw_only=True)
class Column(About):
    """One row of the table.

    Attributes:
        name: Its attribute in `EventColumns`, its file, and its name in a parser's frame.
        dtype: Of the array and of the file.
    """

    name: str
    dtype: np.dtype[Any]

    @cached_property
    def polars_dtype(self) -> pl.DataType:
        """The dtype of the same name in polars."""
        import polars as pl

        return pl.Series(np.empty(0, dtype=self.dtype)).dtype

    def without_values(self, rows: int) -> NDArray[Any]:
        """(rows,) the column of rows that have no value; 0 where every row has one."""
        return np.full(rows, 0 if self.missing is None else self.missing, dtype=self.dtype)


def _table() -> dict[str, Column]:
    columns = {}
    for name, hint in get_type_hints(EventColumns, include_extras=True).items():
        array, about = get_args(hint)
        (scalar,) = get_args(get_args(array)[1])  # of ndarray[shape, dtype[scalar]]
        columns[name] = Column(name=name, dtype=np.dtype(scalar), **vars(about))
    return columns


COLUMNS: Final = _table()
"""Name -> column, in the order of `EventColumns`."""
