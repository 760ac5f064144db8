"""Numbers of texts: vocabularies that grow.

A category of polars numbers texts one after the other, and waits for memory for each of them: with
many different ones that is most of the time. `TextNumbers` looks many up at once, by arrays: a hash of
64 bits says where in a table a number may be, a second one whether it is that of the text. Two texts
could have one number only if all 128 bits were the same: as seeds are drawn anew, that happens to a
billion texts once in 10^20 vocabularies.
"""

from __future__ import annotations

import secrets
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import series_of

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["CategoryNumbers", "TextNumbers"]

_NULL: Final = np.iinfo(np.uint32).max  # -1 of int32
_FREE: Final = -1
_FEWEST_SLOTS: Final = 1 << 10
_SLOTS_PER_TEXT: Final = 4


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
        self._slot = np.full(_FEWEST_SLOTS, _FREE, dtype=np.int32)
        # The hashes of each text by its number, and one more: `_FREE` reads the last one.
        self._first = np.zeros(1, dtype=np.uint64)
        self._second = np.zeros(1, dtype=np.uint64)
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
        import polars as pl

        every = [pl.Series(dtype=pl.String), *map(series_of, self._texts)]
        return pl.concat(every, rechunk=True).gather(numbers)

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
        import polars as pl

        size, end = self._size, self._size + len(texts)
        self._make_room(end)
        # As long as it is not known which texts are new, the number of each says in which row it is.
        row_number = np.arange(size, end, dtype=np.int32)
        self._first[size:end], self._second[size:end] = first, second
        mask = len(self._slot) - 1
        at = (first & np.uint64(mask)).view(np.int64)
        number = self._slot.take(at)
        left = np.flatnonzero(self._differ(number, first, second))
        while len(left):
            free = left[number[left] == _FREE]
            # Written from the last to the first, so that of equal texts the first has the slot.
            self._slot[at[free[::-1]]] = row_number[free[::-1]]
            found = self._slot.take(at[left])
            number[left] = found
            left = left[self._differ(found, first[left], second[left])]
            at[left] = (at[left] + 1) & mask
            number[left] = self._slot.take(at[left])
        new = np.flatnonzero(number == row_number)
        if len(new):
            later = np.flatnonzero(number >= size)
            dense = np.empty_like(row_number)
            dense[new] = row_number[: len(new)]
            number[later] = dense[number[later] - size]
            self._size += len(new)
            self._slot[at[new]] = number[new]
            self._first[size : self._size] = first[new]
            self._second[size : self._size] = second[new]
            # As Arrow had them before there were views: a copy, that does not hold the other texts.
            self._texts.append(texts.gather(new).to_arrow(compat_level=pl.CompatLevel.oldest()))
        return number

    def _differ(
        self, number: NDArray[np.int32], first: NDArray[np.uint64], second: NDArray[np.uint64]
    ) -> NDArray[np.bool_]:
        """(texts,) whether a number is not that of a text with these hashes."""
        return (self._first.take(number) != first) | (self._second.take(number) != second)

    def _make_room(self, most: int) -> None:
        """Room for so many texts."""
        if most >= len(self._first):
            self._first, self._second = (
                np.concatenate([hashes[: self._size], np.zeros(2 * most - self._size, np.uint64)])
                for hashes in (self._first, self._second)
            )
        slots = len(self._slot)
        while slots < _SLOTS_PER_TEXT * most:
            slots *= 2
        if slots > len(self._slot):
            self._slot = np.full(slots, _FREE, dtype=np.int32)
            self._fill_slots()

    def _fill_slots(self) -> None:
        """Give each text a slot; none has one."""
        mask = len(self._slot) - 1
        left = np.arange(self._size, dtype=np.int32)
        at = (self._first[: self._size] & np.uint64(mask)).view(np.int64)
        while len(left):
            free = self._slot.take(at) == _FREE
            self._slot[at[free]] = left[free]
            others = self._slot.take(at) != left
            left, at = left[others], (at[others] + 1) & mask
