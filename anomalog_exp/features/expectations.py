"""What is expected next in each context: symbols in order of how often training showed them there.

Among symbols that a context never showed, or showed equally often, the one more frequent overall comes
first, then the lower code. Ranks come from a search in two sorted arrays, without a table of contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Expectations"]


@dataclass(frozen=True, eq=False)
class Expectations:
    """Ranks of next symbols.

    Attributes:
        symbols: How many symbols there are.
        overall: (symbols,) int64 place of each symbol by frequency over all contexts.
        keys: (transitions,) int64 sorted `context * symbols + symbol` that training showed.
        place: (transitions,) int64 place of each in its context.
        by_overall: (transitions,) int64 sorted `context * symbols + overall[symbol]`.
    """

    symbols: int
    overall: Annotated[NDArray[np.int64], "symbols"]
    keys: Annotated[NDArray[np.int64], "transitions"]
    place: Annotated[NDArray[np.int64], "transitions"]
    by_overall: Annotated[NDArray[np.int64], "transitions"]

    @classmethod
    def of(cls, keys: NDArray[np.int64], counts: NDArray[np.int64], symbols: int) -> Self:
        """Expectations from distinct transitions, sorted, and how often each was seen.

        Ends of sequences, symbol `symbols - 2`, are no events and expected never.
        """
        event = keys % symbols < symbols - 2
        keys, counts = keys[event], counts[event]
        context, symbol = keys // symbols, keys % symbols
        frequency = np.bincount(symbol, weights=counts, minlength=symbols)
        overall = np.empty(symbols, dtype=np.int64)
        overall[np.argsort(-frequency, kind="stable")] = np.arange(symbols)
        ranked = np.lexsort((overall[symbol], -counts, context))
        begins = np.searchsorted(context[ranked], context[ranked])
        place = np.empty(len(keys), dtype=np.int64)
        place[ranked] = np.arange(len(keys)) - begins
        return cls(symbols, overall, keys, place, np.sort(context * symbols + overall[symbol]))

    def rank(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each transition's symbol in its context, 0 first."""
        context, symbol = keys // self.symbols, keys % self.symbols
        base = context * self.symbols
        first = np.searchsorted(self.by_overall, base)
        seen = np.searchsorted(self.by_overall, base + self.symbols) - first
        # Unseen here: after all that were seen, by overall place without those.
        before = np.searchsorted(self.by_overall, base + self.overall[symbol]) - first
        unseen = seen + self.overall[symbol] - before
        if not len(self.keys):
            return unseen
        near = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[near] == keys, self.place[near], unseen)
