"""Numbers of texts: vocabularies that grow.

A category of polars numbers texts one after the other, and waits for memory for each of them: with
many different ones that is most of the time. `TextNumbers` looks many up at once, by arrays: one hash
says where in a table a number may be, a second one, of 64 bits, whether it is that of the text. Two
texts could have one number only if their second hashes were the same and the first ones led to the same
slots: as seeds are drawn anew, that happens to a billion texts once in 10^10 vocabularies.
"""

from __future__ import annotations

import secrets
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import series_of, side_by_side

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["CategoryNumbers", "TextNumbers"]

_NULL: Final = np.iinfo(np.uint32).max  # -1 of int32
_FREE: Final = -1
_FEWEST_SLOTS: Final = 1 << 10
_SLOTS_PER_TEXT: Final = 2


class CategoryNumbers:
    """Texts and their numbers by a category: for a thousand texts at a time it takes less."""

    def __init__(self) -> None:
        import polars as pl

        self._category = pl.Categorical(pl.Categories.random())
        self._alive = pl.Series([""]).cast(self._category)

    def of(self, texts: pl.Series) -> NDArray[np.int32]:
        """(texts,) the number of each, which is new where the text is; -1 for null."""
        numbers = texts.cast(self._category).to_physical()
        filled = numbers.fill_null(_NULL) if numbers.null_count() else numbers
        return filled.to_numpy().view(np.int32)

    def texts(self, numbers: NDArray[np.integer]) -> pl.Series:
        """(numbers,) String, the text of each."""
        import polars as pl

        return pl.Series(numbers.astype(np.uint32)).cat.to(self._category).cast(pl.String)


class TextNumbers:
    """The same for many texts; which number a text gets depends on which thread asks first."""

    def __init__(self) -> None:
        self._seeds = secrets.randbits(64), secrets.randbits(64)
        self._size = 0
        # Of the text in each slot of the table.
        self._number = np.full(_FEWEST_SLOTS, _FREE, dtype=np.int32)
        self._second = np.zeros(_FEWEST_SLOTS, dtype=np.uint64)
        # Of each text, by its number.
        self._first = np.zeros(0, dtype=np.uint64)
        self._texts: list[pa.Array] = []
        self._adding = Lock()

    def of(self, texts: pl.Series) -> NDArray[np.int32]:
        """(texts,) the number of each, which is new where the text is; -1 for null."""
        if not texts.null_count():
            return self._numbers(texts)
        numbers = np.full(len(texts), -1, dtype=np.int32)
        numbers[texts.is_not_null().to_numpy()] = self._numbers(texts.drop_nulls())
        return numbers

    def texts(self, numbers: NDArray[np.integer]) -> pl.Series:
        """(numbers,) String, the text of each."""
        return self.every().gather(numbers)

    def every(self) -> pl.Series:
        """(texts,) String, all of them in the order of their numbers."""
        import polars as pl

        return pl.concat([pl.Series(dtype=pl.String), *map(series_of, self._texts)], rechunk=True)

    def _numbers(self, texts: pl.Series) -> NDArray[np.int32]:
        first, second = self._hashes(texts)
        with self._adding:
            return self._added(texts, first, second)

    def _hashes(self, texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        import polars as pl

        hashes = [pl.col("").hash(seed).alias(f"{seed}") for seed in self._seeds]
        first, second = texts.alias("").to_frame().select_seq(hashes).get_columns()
        return first.to_numpy(), second.to_numpy()

    def _added(
        self, texts: pl.Series, first: NDArray[np.uint64], second: NDArray[np.uint64]
    ) -> NDArray[np.int32]:
        self._make_room(self._size + len(texts))
        slot = (first & np.uint64(len(self._number) - 1)).view(np.int64)
        number = self._number.take(slot)
        others = np.flatnonzero((self._second.take(slot) != second) | (number == _FREE))
        if not len(others):
            return number
        # As long as it is not known which of them are new, the number of each says which it is.
        asked = np.arange(self._size, self._size + len(others), dtype=np.int32)
        slots, found = self._placed(asked, slot[others], second[others])
        new = np.flatnonzero(found == asked)
        if len(new):
            again = np.flatnonzero(found >= self._size)
            dense = np.empty_like(asked)
            dense[new] = asked[: len(new)]
            found[again] = dense[found[again] - self._size]
            self._number[slots[new]] = found[new]
            self._first[self._size : self._size + len(new)] = first[others[new]]
            self._texts.append(side_by_side(texts.gather(others[new])))
            self._size += len(new)
        number[others] = found
        return number

    def _placed(
        self, number: NDArray[np.int32], slot: NDArray[np.int64], second: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Find texts in the table, and put those into it that are not there.

        Args:
            number: What each gets if it is new.
            slot: Where the search for each begins.
            second: Of each.

        Returns:
            The slot of each, and the number there.
        """
        slot, found = slot.copy(), number.copy()
        left = np.arange(len(number))
        while len(left):
            at = slot[left]
            free = left[self._number.take(at) == _FREE]
            # Written from the last to the first, so that of equal texts the first has the slot.
            backwards = free[::-1]
            self._number[slot[backwards]] = number[backwards]
            self._second[slot[backwards]] = second[backwards]
            found[left] = self._number.take(at)
            left = left[self._second.take(at) != second[left]]
            slot[left] = (slot[left] + 1) & (len(self._number) - 1)
        return slot, found

    def _make_room(self, most: int) -> None:
        """Room for so many texts."""
        if most > len(self._first):
            more = np.zeros(2 * most - self._size, dtype=np.uint64)
            self._first = np.concatenate([self._first[: self._size], more])
        slots = len(self._number)
        while slots < _SLOTS_PER_TEXT * most:
            slots *= 2
        if slots > len(self._number):
            taken = np.flatnonzero(self._number != _FREE)
            number, second = self._number[taken], self._second[taken]
            self._number = np.full(slots, _FREE, dtype=np.int32)
            self._second = np.zeros(slots, dtype=np.uint64)
            first = self._first.take(number)
            self._placed(number, (first & np.uint64(slots - 1)).view(np.int64), second)
