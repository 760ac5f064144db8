"""Distinct sequences: which sequences hold the same templates in the same order.

Real logs repeat themselves: HDFS has a few hundred distinct sessions among thousands. A sequence is
hashed to 64 bits in array operations; equal hashes are then compared event by event, and should two
different sequences ever share one, all are hashed again with other numbers. The result is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Distinct", "distinct"]


@dataclass(frozen=True, eq=False)
class Distinct:
    """Groups of equal sequences, numbered in order of first appearance.

    Attributes:
        first: (groups,) int64 index of each group's first sequence.
        group: (sequences,) int64 group of each sequence.
        count: (groups,) int64 sequences in each group.
    """

    first: NDArray[np.int64]
    group: NDArray[np.int64]
    count: NDArray[np.int64]


_KNOWN: WeakKeyDictionary[SequenceSet, Distinct] = WeakKeyDictionary()
"""What was found, as long as the sequences live: the detectors and the evaluation share it."""


def distinct(sequences: SequenceSet) -> Distinct:
    """Group equal sequences; a second call for the same set costs nothing."""
    if sequences not in _KNOWN:
        _KNOWN[sequences] = _grouped(sequences)
    return _KNOWN[sequences]


def _grouped(sequences: SequenceSet) -> Distinct:
    seed = 0
    while True:
        _, first, group, count = np.unique(
            _hashes(sequences, seed), return_index=True, return_inverse=True, return_counts=True
        )
        if _equal(sequences, first[group]):
            break
        seed += 1
    by_appearance = np.argsort(first, kind="stable")
    number = np.empty_like(by_appearance)
    number[by_appearance] = np.arange(len(first))
    return Distinct(first[by_appearance], number[group], count[by_appearance])


def _hashes(sequences: SequenceSet, seed: int) -> NDArray[np.uint64]:
    """(sequences,) sums of a random number per template times a random number per place."""
    lengths, offsets = sequences.lengths, sequences.offsets
    random = np.random.default_rng(seed)
    longest = int(lengths.max(initial=0))
    template = random.integers(0, 2**64, len(sequences.dataset.templates), dtype=np.uint64)
    place = random.integers(0, 2**64, longest, dtype=np.uint64)
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    running = np.zeros(offsets[-1] + 1, dtype=np.uint64)
    np.cumsum(template[sequences.templates] * place[nth], out=running[1:])
    length = random.integers(0, 2**64, longest + 1, dtype=np.uint64)
    return running[offsets[1:]] - running[offsets[:-1]] + length[lengths]


def _equal(sequences: SequenceSet, other: NDArray[np.int64]) -> bool:
    """Whether every sequence equals the one named for it."""
    lengths, offsets = sequences.lengths, sequences.offsets
    if not np.array_equal(lengths, lengths[other]):
        return False
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    there = np.repeat(offsets[other], lengths) + nth
    return bool(np.array_equal(sequences.templates, sequences.templates[there]))
