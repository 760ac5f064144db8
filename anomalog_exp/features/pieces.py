"""Pieces of sequences, none longer than a bound, equal ones once.

A sequence is cut into as few pieces as the bound allows, all of about one length: none is a short rest
that says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.distinct import Runs, distinct_runs
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Pieces", "pieces_of"]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Different pieces, and where they are in the sequences. An empty sequence has none.

    Attributes:
        symbols: (symbols of all different pieces,) int32, piece by piece.
        offsets: (different pieces + 1,) int64 their borders in `symbols`.
        count: (different pieces,) int64 how often each is there.
        piece: (pieces,) int64 which one each is, sequence by sequence.
        borders: (pieces + 1,) int64 borders of all pieces in the events of the sequences.
        sequence_borders: (sequences + 1,) int64 borders of the sequences in `piece`.
    """

    symbols: NDArray[np.int32]
    offsets: NDArray[np.int64]
    count: NDArray[np.int64]
    piece: NDArray[np.int64]
    borders: NDArray[np.int64]
    sequence_borders: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(different pieces,) events of each."""
        return np.diff(self.offsets)

    @property
    def place(self) -> NDArray[np.int64]:
        """(events,) where the symbol of each event stands in `symbols`."""
        begin = self.offsets[self.piece] - self.borders[:-1]
        return np.repeat(begin, np.diff(self.borders)) + np.arange(self.borders[-1])


def pieces_of(sequences: SequenceSet, symbol: NDArray[np.int32], longest: int) -> Pieces:
    """The pieces of sequences.

    Args:
        sequences: What is cut.
        symbol: (templates,) int32 what stands for each template, from 0 up.
        longest: The most events of a piece.
    """
    parts = -(-sequences.lengths // longest)
    sequence_borders = np.concatenate(([0], np.cumsum(parts)))
    owner = np.repeat(np.arange(len(sequences)), parts)
    nth = np.arange(sequence_borders[-1]) - sequence_borders[owner]
    length = sequences.lengths[owner]
    begin = nth * length // parts[owner]
    end = (nth + 1) * length // parts[owner]
    dataset = sequences.dataset
    runs = Runs(
        symbol[dataset.template[sequences.order]],
        sequences.start[owner] + begin,
        sequences.start[owner] + end,
        int(symbol.max(initial=0)) + 1,
    )
    found = distinct_runs(runs)
    return Pieces(
        symbols=runs.gathered(found.first).astype(np.int32),
        offsets=np.concatenate(([0], np.cumsum(runs.lengths[found.first]))),
        count=found.count,
        piece=found.group,
        borders=np.concatenate(([0], np.cumsum(runs.lengths))),
        sequence_borders=sequence_borders,
    )
