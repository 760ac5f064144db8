"""Codes in order of first appearance, whatever the order in which their categories were numbered."""

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
    """Gives dense codes to categories as they come.

    Attributes:
        size: How many have come.
    """

    size: int = 0
    _code: NDArray[np.int64] = field(default_factory=lambda: np.full(0, -1, dtype=np.int64))

    def add(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """The dense codes of `raw`, of which those that are new get the next ones; -1 stays."""
        # One entry more, as -1 reads the last.
        top = int(raw.max(initial=-1)) + 2
        if top > len(self._code):
            grown = np.full(2 * top, -1, dtype=np.int64)
            grown[: len(self._code)] = self._code
            self._code = grown
        codes = self._code[raw]
        new = raw[(codes < 0) & (raw >= 0)]
        if not len(new):
            return codes
        # Written from the last to the first, each keeps the place where it stands first.
        place = np.arange(len(new))
        self._code[new[::-1]] = place[::-1]
        distinct = new[self._code[new] == place]
        self._code[distinct] = np.arange(self.size, self.size + len(distinct))
        self.size += len(distinct)
        return self._code[raw]

    def find(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """The dense codes of `raw`, -1 for those that never came."""
        return np.append(self._code, -1)[np.minimum(raw, len(self._code))]

    def texts(self, kind: pl.Categorical) -> pl.Series:
        """The categories' texts in the order of the dense codes."""
        import polars as pl

        raw = np.flatnonzero(self._code >= 0)
        by_code = raw[np.argsort(self._code[raw])].astype(np.uint32)
        return pl.Series(by_code).cat.to(kind).cast(pl.String)
