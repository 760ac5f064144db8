"""Parameters: what messages have where their template has a wildcard, as codes into one vocabulary.

A message has as many as its template's text has places, so that they lie in one flat array without
offsets. A place is a wildcard of one template: places are numbered template by template. Only a data
set that was built for a detector that reads them has them; see `templates/wildcards.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "NO_VALUE",
    "Parameters",
    "PlacedValues",
    "open_parameters",
    "placed_values",
    "write_parameters",
]

NO_VALUE: Final = -1
"""Code of the parameters of a message that does not fit the text of its template."""

_PLACES, _KINDS, _TEXTS = "places.npy", "place_kinds.npy", "parameter_texts.parquet"


class PlacedValues(NamedTuple):
    """The values of some rows, row by row; those without one are left out.

    Attributes:
        row: (values,) int64 index into the rows that were asked for.
        place: (values,) int64 number of the place.
        code: (values,) int64 code into the texts.
    """

    row: NDArray[np.int64]
    place: NDArray[np.int64]
    code: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Parameters:
    """The parameters of a log.

    Attributes:
        code: (parameters,) int32 code into `texts`, or `NO_VALUE`; event by event, place by place.
        template: (events,) int32 template of each event.
        places: (templates,) int64 how many places each template has.
        kind: (places,) int8 code of the kind of each place into `anomalog_exp.data.value_kinds.KINDS`.
        texts: (texts,) String, without repeats.
    """

    code: NDArray[np.int32]
    template: NDArray[np.int32]
    places: NDArray[np.int64]
    kind: NDArray[np.int8]
    texts: pl.Series

    @cached_property
    def first_place(self) -> NDArray[np.int64]:
        """(templates + 1,) the number of each template's first place; the last is that of all places."""
        return np.concatenate(([0], np.cumsum(self.places)))

    @cached_property
    def start(self) -> NDArray[np.int64]:
        """(events,) where the parameters of each event begin."""
        count = self.places[self.template]
        return np.cumsum(count) - count

    def of(self, rows: NDArray[np.int64]) -> PlacedValues:
        """The values of some rows of the data set, in any order."""
        return placed_values(self.code, self.template, self.places, rows, self.start)


def placed_values(
    code: NDArray[np.integer],
    template: NDArray[np.int32],
    places: NDArray[np.int64],
    rows: NDArray[np.int64],
    start: NDArray[np.int64] | None = None,
) -> PlacedValues:
    """The values of some rows, in any order.

    Args:
        code: (parameters,) of all rows.
        template: (rows,) of all rows.
        places: (templates,) how many places each has.
        rows: Those that are asked for.
        start: (rows,) where the parameters of each begin, if that is known.
    """
    if start is None:
        count = places[template]
        start = np.cumsum(count) - count
    asked = template[rows]
    count = places[asked]
    row = np.repeat(np.arange(len(rows)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    found = code[start[rows][row] + nth]
    there = found != NO_VALUE
    place = (np.cumsum(places) - places)[asked][row] + nth
    return PlacedValues(row[there], place[there], found[there].astype(np.int64))


def write_parameters(
    directory: Path, places: NDArray[np.int64], kind: NDArray[np.int8], texts: pl.Series
) -> None:
    """Write what the codes in `parameter.npy` stand for, how many places templates have, their kinds."""
    np.save(directory / _PLACES, places)
    np.save(directory / _KINDS, kind)
    # To compress them takes longer than to write and read the bytes that it saves.
    texts.alias("text").to_frame().write_parquet(directory / _TEXTS, compression="uncompressed")


def open_parameters(directory: Path, template: NDArray[np.int32]) -> Parameters | None:
    """The parameters of a built data set; None where it was built without."""
    if not (directory / _PLACES).is_file():
        return None
    import polars as pl

    return Parameters(
        np.load(directory / "parameter.npy", mmap_mode="r"),
        template,
        np.load(directory / _PLACES),
        np.load(directory / _KINDS),
        pl.read_parquet(directory / _TEXTS)["text"],
    )
