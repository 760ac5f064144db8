"""Distinct sequences: which sequences hold the same templates in the same order.

Real logs repeat themselves: HDFS has a few hundred distinct sessions among thousands. A sequence is
hashed to 64 bits, as the difference of two running sums: overlapping windows read no event twice. Equal
hashes are then compared event by event, and should two different sequences ever share one, all are
hashed again in another way. The result is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Distinct", "Runs", "distinct", "distinct_runs"]


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


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of codes; they may overlap.

    Attributes:
        codes: (positions,) integers from 0 up to, not including, `kinds`.
        start: (runs,) int64 first position.
        stop: (runs,) int64 one past the last.
        kinds: How many codes there are.
    """

    codes: NDArray[np.integer]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    kinds: int

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.stop - self.start

    def gathered(self, chosen: NDArray[np.int64]) -> NDArray[np.integer]:
        """(sum of lengths,) the codes of some runs, one after the other."""
        size = self.lengths[chosen]
        nth = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return self.codes[np.repeat(self.start[chosen], size) + nth]


_KNOWN: WeakKeyDictionary[SequenceSet, Distinct] = WeakKeyDictionary()
"""The groups of sequences, as long as those live: the detectors and the evaluation share it."""


def distinct(sequences: SequenceSet) -> Distinct:
    """Group equal sequences; a second call for the same set costs nothing."""
    if sequences not in _KNOWN:
        dataset = sequences.dataset
        codes = scratch.gathered(dataset.template, sequences.order)
        runs = Runs(codes, sequences.start, sequences.stop, len(dataset.templates))
        _KNOWN[sequences] = distinct_runs(runs)
    return _KNOWN[sequences]


def distinct_runs(runs: Runs) -> Distinct:
    """Group equal runs of codes."""
    seed = 0
    while True:
        _, first, group, count = np.unique(
            _hashes(runs, seed), return_index=True, return_inverse=True, return_counts=True
        )
        if _equal(runs, first[group]):
            break
        seed += 1
    by_appearance = np.argsort(first, kind="stable")
    number = np.empty_like(by_appearance)
    number[by_appearance] = np.arange(len(first))
    return Distinct(first[by_appearance], number[group], count[by_appearance])


def _hashes(runs: Runs, seed: int) -> NDArray[np.uint64]:
    """(runs,) hashes.

    Polynomials modulo 2**64 have runs that collide whatever the base (those of Thue and Morse, from
    2,048 codes on), so they make the first attempt only.
    """
    return _polynomials(runs) if seed == 0 else _sums_by_place(runs, seed)


def _polynomials(runs: Runs) -> NDArray[np.uint64]:
    """The sum of number[code] * base**place, places counted alike from every run's start."""
    random = np.random.default_rng(0)
    number = random.integers(0, 2**64, runs.kinds, dtype=np.uint64)
    base = int(random.integers(0, 2**63)) * 2 + 1
    positions = len(runs.codes)
    powers, running = (scratch.empty(positions + 1, np.uint64) for _ in range(2))
    powers[0], running[0] = 1, 0
    for part in scratch.portions(positions):
        after = slice(part.start + 1, part.stop + 1)
        powers[after] = base
        np.cumprod(powers[after], out=powers[after])
        powers[after] *= powers[part.start]
        np.cumsum(number[runs.codes[part]] * powers[part], out=running[after])
        running[after] += running[part.start]
    sums = running[runs.stop] - running[runs.start]
    sums *= powers[positions - runs.start]  # as if all began at the last position
    # Numbers may add up to nothing: lengths tell apart what only such a run would.
    return sums + runs.lengths.astype(np.uint64)


def _sums_by_place(runs: Runs, seed: int) -> NDArray[np.uint64]:
    """Sums of a random number per code times a random number per place."""
    lengths = runs.lengths
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    random = np.random.default_rng(seed)
    longest = int(lengths.max(initial=0))
    of_code = random.integers(0, 2**64, runs.kinds, dtype=np.uint64)
    place = random.integers(0, 2**64, longest, dtype=np.uint64)
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    running = np.zeros(offsets[-1] + 1, dtype=np.uint64)
    np.cumsum(of_code[runs.gathered(np.arange(len(lengths)))] * place[nth], out=running[1:])
    length = random.integers(0, 2**64, longest + 1, dtype=np.uint64)
    return running[offsets[1:]] - running[offsets[:-1]] + length[lengths]


def _equal(runs: Runs, other: NDArray[np.int64]) -> bool:
    """Whether every run equals the one named for it; some millions of codes at a time."""
    lengths = runs.lengths
    if not np.array_equal(lengths, lengths[other]):
        return False
    differing = np.flatnonzero(other != np.arange(len(other)))
    running = np.cumsum(lengths[differing])
    codes = int(running[-1]) if len(running) else 0
    cuts = np.searchsorted(running, np.arange(scratch.PORTION, codes, scratch.PORTION))
    return all(
        np.array_equal(runs.gathered(part), runs.gathered(other[part]))
        for part in np.split(differing, cuts)
    )
