"""Sequences with damage that nobody had to label: what a good detector finds odd, whatever the log.

A detector can be judged without labels by anomalies that are put into normal data (Goswami et al.,
"Unsupervised model selection for time-series anomaly detection", ICLR 2023). Here sequences of events
are damaged in one of four ways, by turns: the order is lost, the second half is missing, a tenth of the
events is replaced, or one event repeats as often as there are events. All events come from the same
sequences, so that no other part of the log is looked at.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["whole_and_damaged"]

_KINDS = 4
_FOREIGN = 0.1


def whole_and_damaged(
    sequences: SequenceSet, *, most: int, seed: int
) -> tuple[SequenceSet, SequenceSet]:
    """Sequences as they are, and a damaged copy of each, in the same order.

    No state carries over into them, and none of either has a label.

    Args:
        sequences: What to choose from; those without events are left out.
        most: So many are chosen at most, evenly over all.
        seed: Of the damage.
    """
    there = np.flatnonzero(sequences.lengths > 0)
    chosen = there[np.unique(np.linspace(0, len(there) - 1, min(most, len(there))).astype(int))]
    whole = replace(sequences.take(chosen).unlabelled(), origin=None)
    rng = np.random.default_rng(seed)
    kind = np.arange(len(whole)) % _KINDS
    rows, owner = whole.rows.copy(), np.repeat(np.arange(len(whole)), whole.lengths)
    place = np.arange(len(rows)) - whole.offsets[owner]
    _shuffle(rows, owner, kind[owner] == 0, rng)
    _replace_some(rows, whole, kind[owner] == 2, rng)
    times = np.where((kind[owner] == 1) & (place >= (whole.lengths[owner] + 1) // 2), 0, 1)
    stuck = (rng.random(len(whole)) * whole.lengths).astype(np.int64)
    times += np.where((kind[owner] == 3) & (place == stuck[owner]), whole.lengths[owner], 0)
    stop = np.cumsum(np.bincount(owner, weights=times, minlength=len(whole)).astype(np.int64))
    damaged = replace(whole, order=np.repeat(rows, times), start=np.append(0, stop[:-1]), stop=stop)
    return whole, damaged


def _shuffle(
    rows: NDArray[np.int64],
    owner: NDArray[np.int64],
    where: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Lose the order of events inside each sequence."""
    at = np.flatnonzero(where)
    rows[at] = rows[at[np.lexsort((rng.random(len(at)), owner[at]))]]


def _replace_some(
    rows: NDArray[np.int64],
    whole: SequenceSet,
    where: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Put events of any template, rare ones as often as others, in the place of a tenth of them."""
    _, of_a_template = np.unique(whole.templates, return_index=True)
    hit = rng.random(len(rows)) < _FOREIGN
    hit[whole.offsets[:-1] + (rng.random(len(whole)) * whole.lengths).astype(np.int64)] = True
    at = np.flatnonzero(where & hit)
    rows[at] = whole.rows[rng.choice(of_a_template, len(at))]
