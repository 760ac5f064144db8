"""Texts that lie in buffers of Arrow, as polars takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["series_of"]


def series_of(array: pa.Array) -> pl.Series:
    """The same texts; polars does not know that they are pyarrow's, and imports no function of it."""
    import polars as pl

    return pl.Series(_OfAnybody(array))


class _OfAnybody:
    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return capsules
