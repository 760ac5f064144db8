"""What every way of grouping does while a log grows: rows in, sequences out as they are complete."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.following.complete import Complete, no_rows
from anomalog_exp.following.incoming import Batch

if TYPE_CHECKING:
    import polars as pl

__all__ = ["OpenSequences"]

_TEXT_BYTES = 1 << 26
"""Raw lines of rows that wait take at most so much memory; those of common templates go first."""


class OpenSequences(ABC):
    """The rows that wait for their sequence to be complete.

    Attributes:
        held: Those rows, in the order of the log.
        counts: What was left out, by reason.
    """

    def __init__(self, shown: NDArray[np.int64]) -> None:
        """Args:
        shown: (templates,) how many events training showed of each: rare ones are worth showing.
        """
        self.held = no_rows()
        self.counts = Counter[str]()
        self._shown = shown
        self._taken = 0
        self._text_bytes = 0

    @abstractmethod
    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        """Take the next rows.

        Args:
            batch: The rows.
            clock: (rows,) what the clock of the log shows at each.

        Returns:
            The sequences that are complete now; None where none is.
        """

    def passed(self, clock_ms: int) -> Complete | None:
        """The sequences that are complete as time has passed without rows."""
        return None

    def end(self) -> Complete | None:
        """The sequences that the end of the log completes."""
        return None

    @property
    def size(self) -> int:
        """How many sequences are open, as far as that can be said."""
        return int(len(self.held) > 0)

    def state(self) -> dict[str, Any]:
        """What another one goes on with besides `held`, as JSON."""
        return {}

    def restore(self, state: dict[str, Any], held: pl.DataFrame) -> None:
        """Go on where another one was."""
        self.held = held

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Let go of the rows that are not kept."""
        import polars as pl

        before = len(self.held)
        if kept.all():
            return
        self.held = self.held.filter(pl.Series(kept))
        self._taken += before - len(self.held)
        if self._taken > len(self.held):
            # A text that is left keeps the memory of all that came with it, until it is copied.
            texts = pl.col("text", "message") + ""
            self.held = self.held.rechunk().with_columns(texts)
            self._taken = 0

    def hold(self, rows: pl.DataFrame) -> None:
        """Take rows that wait behind those that wait already."""
        import polars as pl

        self.held = pl.concat([self.held, rows]) if len(self.held) else rows
        self._text_bytes += _bytes(rows)
        if self._text_bytes > _TEXT_BYTES:
            self._text_bytes = _bytes(self.held)
        if self._text_bytes > _TEXT_BYTES:
            common = self._shown[self.held["template"].to_numpy()]
            rare = common < np.median(common[self.held["text"].is_not_null().to_numpy()])
            text = pl.when(pl.Series(rare)).then(pl.col("text")) + ""
            self.held = self.held.with_columns(text.alias("text"))
            self._text_bytes = _bytes(self.held)


def _bytes(rows: pl.DataFrame) -> int:
    return int(rows["text"].str.len_bytes().sum() or 0)
