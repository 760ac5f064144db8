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

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Distinct", "distinct"]

_COMPARED_EVENTS = 1 << 22


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
    """(sequences,) hashes.

    Polynomials modulo 2**64 have sequences that collide whatever the base (those of Thue and Morse, from
    2,048 events on), so they make the first attempt only.
    """
    return _polynomials(sequences) if seed == 0 else _sums_by_place(sequences, seed)


def _polynomials(sequences: SequenceSet) -> NDArray[np.uint64]:
    """The sum of number[template] * base**place, places counted from the sequence's start."""
    random = np.random.default_rng(0)
    number = random.integers(0, 2**64, len(sequences.dataset.templates), dtype=np.uint64)
    base = int(random.integers(0, 2**63)) * 2 + 1
    positions = len(sequences.order)
    running = np.zeros(positions + 1, dtype=np.uint64)
    terms = number[sequences.dataset.template[sequences.order]]
    terms *= _powers(base, positions)
    np.cumsum(terms, out=running[1:])
    sums = running[sequences.stop] - running[sequences.start]
    sums *= _powers(pow(base, -1, 2**64), positions + 1)[sequences.start]
    # Numbers may add up to nothing: lengths tell apart what only such a sequence would.
    return sums + sequences.lengths.astype(np.uint64)


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """base**0, base**1, ... modulo 2**64."""
    powers = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, out=powers)


def _sums_by_place(sequences: SequenceSet, seed: int) -> NDArray[np.uint64]:
    """Sums of a random number per template times a random number per place."""
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
    """Whether every sequence equals the one named for it; some millions of events at a time."""
    lengths, start = sequences.lengths, sequences.start
    if not np.array_equal(lengths, lengths[other]):
        return False
    template = sequences.dataset.template[sequences.order]
    differing = np.flatnonzero(other != np.arange(len(other)))
    running = np.cumsum(lengths[differing])
    events = int(running[-1]) if len(running) else 0
    cuts = np.searchsorted(running, np.arange(_COMPARED_EVENTS, events, _COMPARED_EVENTS))
    for part in np.split(differing, cuts):
        size = lengths[part]
        nth = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        here, there = (template[np.repeat(start[one], size) + nth] for one in (part, other[part]))
        if not np.array_equal(here, there):
            return False
    return True
