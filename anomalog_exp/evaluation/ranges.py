"""Precision and recall over ranges: units that follow each other and are anomalous are one incident.

Point-wise figures count a long incident many times over. These count each once, by the share of it that
is flagged. The measure is that of Tatbul et al. (NeurIPS 2018) as corrected by Wagner et al. (TimeSeAD,
TMLR 2023), without a bonus for mere existence, and with no place of a range worth more than another:

- recall is the mean over anomalous ranges of g * (flagged units / units);
- precision is the same of flagged ranges, each weighted by its units, so that many short hits do not
  outweigh one long false alarm;
- g = ((n - 1) / n) ** (pieces - 1) for a range of n units that so many ranges of the other side touch:
  an incident that is found in many pieces is worth less than one that is found in one.

Nothing is adjusted: a range with one flagged unit does not count as if all of it were flagged. That
habit (point adjustment) lets a random detector reach a high F1 (Kim et al., AAAI 2022).

Deviation: units that nobody has labelled, or that the detector abstains from, are in no n. A range whose
units are all of that kind is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.evaluation.metrics import percentile_interval

__all__ = ["RangeScore", "range_score"]

_MOST_BLOCKS = 1000
"""Parts that resampling draws from: more of them make no interval better, and cost time."""

_DRAWN_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class _Ranges:
    """Ranges of one side, in order.

    Attributes:
        start: (ranges,) int64 first unit.
        stop: (ranges,) int64 one past the last unit.
        size: (ranges,) int64 units that count, at least one.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    size: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RangeScore:
    """How flagged ranges meet anomalous ones.

    Attributes:
        recalled: (anomalous ranges,) float64 how far each is recalled, 0 to 1.
        precise: (flagged ranges,) float64 how far each is right, 0 to 1.
        weight: (flagged ranges,) int64 units of each.
        sums: (blocks, 4) float64 sum of `recalled`, number of anomalous ranges, sum of `precise` times
            `weight`, sum of `weight`, in parts of the order that no range reaches out of.
    """

    recalled: NDArray[np.float64]
    precise: NDArray[np.float64]
    weight: NDArray[np.int64]
    sums: NDArray[np.float64]

    @property
    def recall(self) -> float:
        return float(_shares(self.sums.sum(axis=0))[0])

    @property
    def precision(self) -> float:
        return float(_shares(self.sums.sum(axis=0))[1])

    @property
    def f1(self) -> float:
        return float(_f1(self.sums.sum(axis=0)))

    def f1_interval(self, samples: int, seed: int) -> tuple[float, float] | None:
        """The 95 % interval of F1 by drawing parts of the order with replacement; None of a single part.

        A part is an incident, anomalous or flagged, or some that follow each other where there are more
        than 1,000. They are drawn as a whole, because units of one incident hang together (a block
        bootstrap, Künsch 1989).
        """
        blocks = len(self.sums)
        if blocks < 2:
            return None
        rng, drawn = np.random.default_rng(seed), []
        for begin in range(0, samples, _DRAWN_AT_ONCE):
            size = min(_DRAWN_AT_ONCE, samples - begin)
            times = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=size)
            # A product of matrices may differ in its last digits by the number of threads.
            drawn.append(_f1(np.einsum("sb,bk->sk", times, self.sums)))
        return percentile_interval(np.concatenate(drawn))


def range_score(
    anomalous: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    *,
    counted: NDArray[np.bool_],
    follows: NDArray[np.bool_],
) -> RangeScore:
    """Compare the ranges of both sides, in time proportional to the units.

    Args:
        anomalous: (units,) labelled anomalous; units stand in order.
        predicted: (units,) flagged.
        counted: (units,) labelled and decided.
        follows: (units,) directly after the unit before it; a range ends where that is not so.
    """
    true, flagged = (_ranges(side, counted, follows) for side in (anomalous, predicted))
    hits = _running(anomalous & predicted & counted)
    recalled, precise = _met(true, flagged, hits), _met(flagged, true, hits)
    incidents = _ranges(anomalous | predicted, counted, follows).start
    blocks = min(len(incidents), _MOST_BLOCKS)

    def summed(side: _Ranges, values: NDArray[np.float64]) -> NDArray[np.float64]:
        incident = np.searchsorted(incidents, side.start, side="right") - 1
        block = incident * blocks // max(len(incidents), 1)
        return np.bincount(block, weights=values, minlength=blocks).astype(np.float64)

    columns = [
        summed(true, recalled),
        summed(true, np.ones(len(recalled))),
        summed(flagged, precise * flagged.size),
        summed(flagged, flagged.size.astype(np.float64)),
    ]
    return RangeScore(recalled, precise, flagged.size, np.stack(columns, axis=1))


def _ranges(
    marked: NDArray[np.bool_], counted: NDArray[np.bool_], follows: NDArray[np.bool_]
) -> _Ranges:
    """The longest runs of marked units that follow each other, but for those in which none counts."""
    joined = marked[1:] & marked[:-1] & follows[1:]
    begins, ends = marked.copy(), marked.copy()
    begins[1:] &= ~joined
    ends[:-1] &= ~joined
    start, stop = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    running = _running(counted)
    size = running[stop] - running[start]
    kept = size > 0
    return _Ranges(start[kept], stop[kept], size[kept])


def _met(ranges: _Ranges, others: _Ranges, hits: NDArray[np.int64]) -> NDArray[np.float64]:
    """(ranges,) how far each is met by the other side."""
    begun = np.searchsorted(others.start, ranges.stop)
    pieces = begun - np.searchsorted(others.stop, ranges.start, side="right")
    smaller = ((ranges.size - 1) / ranges.size) ** np.maximum(pieces - 1, 0)
    return smaller * (hits[ranges.stop] - hits[ranges.start]) / ranges.size


def _running(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(units + 1,) how many are marked before each unit."""
    return np.concatenate(([0], np.cumsum(marked, dtype=np.int64)))


def _shares(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and precision of (..., 4) sums; 0 of nothing."""
    recall, precision = (sums[..., i] / np.maximum(sums[..., i + 1], 1) for i in (0, 2))
    return recall, precision


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) F1 of (..., 4) sums."""
    recall, precision = _shares(sums)
    both = recall + precision
    return np.divide(2 * recall * precision, both, out=np.zeros_like(both), where=both > 0)
