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

__all__ = ["Distinct", "distinct", "distinct_runs"]


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
        kinds = len(sequences.dataset.templates)
        _KNOWN[sequences] = distinct_runs(sequences.templates, sequences.offsets, kinds)
    return _KNOWN[sequences]


def distinct_runs(codes: NDArray[np.integer], offsets: NDArray[np.int64], kinds: int) -> Distinct:
    """Group equal runs of codes.

    Args:
        codes: (sum of lengths,) from 0 up to, not including, `kinds`.
        offsets: (runs + 1,) borders of the runs in `codes`.
        kinds: How many codes there are.
    """
    seed = 0
    while True:
        _, first, group, count = np.unique(
            _hashes(codes, offsets, kinds, seed),
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        if _equal(codes, offsets, first[group]):
            break
        seed += 1
    by_appearance = np.argsort(first, kind="stable")
    number = np.empty_like(by_appearance)
    number[by_appearance] = np.arange(len(first))
    return Distinct(first[by_appearance], number[group], count[by_appearance])


def _hashes(
    codes: NDArray[np.integer], offsets: NDArray[np.int64], kinds: int, seed: int
) -> NDArray[np.uint64]:
    """(runs,) sums of a random number per code times a random number per place."""
    lengths = np.diff(offsets)
    random = np.random.default_rng(seed)
    longest = int(lengths.max(initial=0))
    of_code = random.integers(0, 2**64, kinds, dtype=np.uint64)
    place = random.integers(0, 2**64, longest, dtype=np.uint64)
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    running = np.zeros(offsets[-1] + 1, dtype=np.uint64)
    np.cumsum(of_code[codes] * place[nth], out=running[1:])
    length = random.integers(0, 2**64, longest + 1, dtype=np.uint64)
    return running[offsets[1:]] - running[offsets[:-1]] + length[lengths]


def _equal(
    codes: NDArray[np.integer], offsets: NDArray[np.int64], other: NDArray[np.int64]
) -> bool:
    """Whether every run equals the one named for it."""
    lengths = np.diff(offsets)
    if not np.array_equal(lengths, lengths[other]):
        return False
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    there = np.repeat(offsets[other], lengths) + nth
    return bool(np.array_equal(codes, codes[there]))
