"""Dense codes in the order in which texts first appear in a log.

Threads that parse side by side number the texts of their shared categories in any order. Results must
not depend on that, so those numbers are replaced where blocks arrive in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FirstAppearance"]


@dataclass
class FirstAppearance:
    """Replaces the numbers of categories by dense codes.

    Attributes:
        size: How many codes there are.
    """

    size: int = 0
    _code: NDArray[np.int32] = field(default_factory=lambda: np.full(0, -1, dtype=np.int32))

    def add(self, raw: NDArray[np.integer]) -> NDArray[np.int32]:
        """The dense codes of `raw`; numbers that are new get the next codes, and -1 stays -1."""
        # One entry more, because -1 reads the last one.
        top = int(raw.max(initial=-1)) + 2
        if top > len(self._code):
            grown = np.full(2 * top, -1, dtype=np.int32)
            grown[: len(self._code)] = self._code
            self._code = grown
        codes = self._code.take(raw)
        missing = np.flatnonzero(codes < 0)
        missing = missing[raw[missing] >= 0]
        if not len(missing):
            return codes
        new = raw[missing]
        # Written from the last to the first, so that of equal numbers the first place is kept.
        place = np.arange(len(new))
        self._code[new[::-1]] = place[::-1]
        distinct = new[self._code[new] == place]
        self._code[distinct] = np.arange(self.size, self.size + len(distinct))
        self.size += len(distinct)
        codes[missing] = self._code[new]
        return codes

    def find(self, raw: NDArray[np.int64]) -> NDArray[np.int32]:
        """The dense codes of `raw`, -1 for numbers that were never added."""
        return np.append(self._code, np.int32(-1))[np.minimum(raw, len(self._code))]

    def texts(self, categories: pl.Categorical) -> pl.Series:
        """The texts of the categories in the order of the dense codes."""
        import polars as pl

        return pl.Series(self.numbers()).cat.to(categories).cast(pl.String)

    def numbers(self) -> NDArray[np.uint32]:
        """The numbers that were added, in the order of their dense codes."""
        numbers = np.flatnonzero(self._code >= 0)
        by_code = np.empty(self.size, dtype=np.uint32)
        by_code[self._code[numbers]] = numbers
        return by_code
