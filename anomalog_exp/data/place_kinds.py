"""The kind of each place, by a vote of its different values.

A place has the kind that more than half of its different values have; integers count as decimals where
there are decimals. Else it is mixed. About a thousand values of a place vote, spread over the whole log
by the numbers of their rows, so that this costs the same in a log of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import placed_values
from anomalog_exp.data.value_kinds import KINDS, MIXED, kinds_of_texts

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PlaceKinds"]

_MOST_VALUES: Final = 1000
_SCATTER: Final = np.uint32(2_654_435_761)
"""Times the number of a row, modulo 2^32: Knuth's multiplicative hash, which spreads rows evenly."""


class PlaceKinds:
    """Takes the values of a log in parts, in any order, and says what kind each place has."""

    def __init__(self, events: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        """Args:
        events: (templates,) how many events of each there are.
        places: (templates,) how many places each has.
        """
        self._places = places
        share = np.minimum(_MOST_VALUES / np.maximum(events, 1), 1.0)
        self._below = (share * np.iinfo(np.uint32).max).astype(np.uint32)
        self._pairs = [np.empty(0, dtype=np.int64)]  # place * 2^32 + code

    def add(self, first_row: int, template: NDArray[np.int32], code: NDArray[np.integer]) -> None:
        """Take the values of the next rows.

        Args:
            first_row: The number of the first of them in the log.
            template: (rows,) of each.
            code: (values,) of their values, row by row, place by place; -1 for none.
        """
        number = np.arange(first_row, first_row + len(template)).astype(np.uint32) * _SCATTER
        rows = np.flatnonzero(number <= self._below[template])
        found = placed_values(code, template, self._places, rows)
        self._pairs.append(found.place << 32 | found.code)

    def kinds(self, texts: pl.Series) -> NDArray[np.int8]:
        """(places,) code of the kind of each into `KINDS`.

        Args:
            texts: (texts,) String, what codes stand for.
        """
        place, code = np.divmod(np.unique(np.concatenate(self._pairs)), 1 << 32)
        voting = np.zeros(len(texts), dtype=bool)
        voting[code] = True
        kind = np.zeros(len(texts), dtype=np.int8)
        kind[voting] = kinds_of_texts(texts.filter(voting))
        kind = kind[code]
        size = (int(self._places.sum()), len(KINDS))
        votes = np.bincount(place * len(KINDS) + kind, minlength=size[0] * size[1]).reshape(size)
        integer, decimal = KINDS.index("integer"), KINDS.index("decimal")
        moved = np.where(votes[:, decimal] > 0, votes[:, integer], 0)
        votes[:, decimal] += moved
        votes[:, integer] -= moved
        best = votes.argmax(axis=1)
        most = votes[np.arange(len(votes)), best]
        return np.where(2 * most > votes.sum(axis=1), best, KINDS.index(MIXED)).astype(np.int8)
