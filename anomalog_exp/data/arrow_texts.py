"""Texts that lie in buffers of Arrow, as polars takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["buffers_of", "copied", "series_of", "side_by_side"]


def series_of(array: pa.Array) -> pl.Series:
    """The same texts; polars does not know that they are pyarrow's, and imports no function of it."""
    import polars as pl

    return pl.Series(_OfAnybody(array))


def copied(texts: pl.Series) -> pl.Series:
    """The same texts in memory of their own: what polars filters holds the memory of all."""
    return series_of(side_by_side(texts))


def buffers_of(texts: pl.Series) -> tuple[pa.Buffer, NDArray[np.int64]]:
    """Texts without nulls as bytes, one after the other, and where each begins and the last one ends."""
    array = side_by_side(texts)
    _, starts, octets = array.buffers()
    return octets, np.frombuffer(starts, np.int64, len(texts) + 1, 8 * array.offset)


def side_by_side(texts: pl.Series) -> pa.Array:
    """A copy, as Arrow had texts before there were views: it holds no other texts."""
    import polars as pl

    return texts.to_arrow(compat_level=pl.CompatLevel.oldest())


class _OfAnybody:
    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return capsules
