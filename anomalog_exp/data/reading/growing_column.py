"""A column that grows: a .npy file written piece by piece, for logs larger than memory.

NumPy pads the header of a .npy file, so that its length stays the same when the number of rows grows.
The header is written for zero rows first, and again in the same place when the number is known.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["GrowingColumn"]


class GrowingColumn:
    """A column whose length is known when it is closed."""

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self._file: BinaryIO = path.open("wb")
        self._dtype = np.dtype(dtype)
        self.rows = 0
        self._write_header()

    def append(self, values: NDArray[np.generic]) -> None:
        """Add values at the end, converted to the column's dtype."""
        self._file.write(np.ascontiguousarray(values, dtype=self._dtype).data)
        self.rows += len(values)

    def close(self) -> None:
        """Write the number of rows into the header."""
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.rows,)}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
