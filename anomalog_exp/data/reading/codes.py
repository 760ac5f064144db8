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
    _code: NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, dtype=np.int64))

    def add(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """The dense codes of `raw`; numbers that are new get the next codes, and -1 stays -1."""
        # One entry more, because -1 reads the last one.
        top = int(raw.max(initial=-1)) + 2
        if top > len(self._code):
            grown = np.full(2 * top, -1, dtype=np.int64)
            grown[: len(self._code)] = self._code
            self._code = grown
        codes = self._code[raw]
        new = raw[(codes < 0) & (raw >= 0)]
        if not len(new):
            return codes
        # Written from the last to the first, so that of equal numbers the first place is kept.
        place = np.arange(len(new))
        self._code[new[::-1]] = place[::-1]
        distinct = new[self._code[new] == place]
        self._code[distinct] = np.arange(self.size, self.size + len(distinct))
        self.size += len(distinct)
        return self._code[raw]

    def find(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """The dense codes of `raw`, -1 for numbers that were never added."""
        return np.append(self._code, -1)[np.minimum(raw, len(self._code))]

    def texts(self, categories: pl.Categorical) -> pl.Series:
        """The texts of the categories in the order of the dense codes."""
        import polars as pl

        raw = np.flatnonzero(self._code >= 0)
        by_code = raw[np.argsort(self._code[raw])].astype(np.uint32)
        return pl.Series(by_code).cat.to(categories).cast(pl.String)
