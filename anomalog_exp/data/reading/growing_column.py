"""Columns that grow: a .npy file written piece by piece, for logs larger than memory.

NumPy pads the header of a .npy file so that its length stays when the first dimension grows; so the
header is written first for zero rows and once more, in place, when the number of rows is known.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["GrowingColumn"]


class GrowingColumn:
    """One column of unknown length, appended to and closed."""

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self._file: BinaryIO = path.open("wb")
        self._dtype = np.dtype(dtype)
        self.rows = 0
        self._write_header()

    def append(self, values: NDArray[np.generic]) -> None:
        """Add values at the end, converted to the column's type."""
        self._file.write(np.ascontiguousarray(values, dtype=self._dtype).data)
        self.rows += len(values)

    def close(self) -> None:
        """Say in the file how many rows it has."""
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
