"""Rate: how far the number of events in a window is from what is usual, in all and of each kind.

Counted are the events of a window altogether, those of each level, and those of each template. A count
c is made comparable by 2 * sqrt(c + 3/8), after which the spread of Poisson counts is 1 whatever their
mean (Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35,
1948).
What is usual is the median over the training windows. The spread is that of their 5 and 95 percentiles,
each side by itself and at least 1: a twentieth of the windows may be odd without moving either. Score:
the largest distance from the median, in spreads: of a flood, of a burst of one kind, or of silence.

Silence is judged where windows without events are there, as with sequence=time and emit_empty=true. Of a
window that the log covers in part, as the last one, as much less is expected.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, hstack

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.counts import template_counts
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "RateDetector"]

_TAIL: Final = 0.05
_SPREADS: Final = 1.645
"""So many spreads the 5 and 95 percentiles of a normal distribution are from its median."""

_ROWS: Final = 1 << 15


class Config(ExperimentModelConfig):
    """Options of the rate: the decision rule alone."""

    name: Literal["rate"]

    def build_detector(self) -> RateDetector:
        return RateDetector(self)


class RateDetector(Detector):
    """Scores windows by counts that are not usual.

    Kinds are: all events, the levels in their order, the templates.
    """

    config: Config
    _usual: Annotated[NDArray[np.float64], "kinds"]
    _below: Annotated[NDArray[np.float64], "kinds"]
    _above: Annotated[NDArray[np.float64], "kinds"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        whole = normal.take(normal.covered == 1.0)
        counts = _counts(whole if len(whole) else normal)
        low, self._usual, high = _quantiles(counts, (_TAIL, 0.5, 1 - _TAIL))
        middle = _steadied(self._usual)
        self._below = np.maximum((middle - _steadied(low)) / _SPREADS, 1.0)
        self._above = np.maximum((_steadied(high) - middle) / _SPREADS, 1.0)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = np.zeros(len(sequences))
        for start in range(0, len(sequences), _ROWS):
            part = slice(start, start + _ROWS)
            distances = self._distances(sequences.take(part))[0]
            scores[part] = distances.max(axis=1).toarray().ravel()
        return scores

    def _distances(self, sequences: SequenceSet) -> tuple[csr_matrix, csr_matrix]:
        """(sequences, kinds) how many spreads each count is from what is usual, and the counts.

        Kinds that are usually absent have no entry where they are.
        """
        counts = _counts(sequences)
        present = counts.tocoo()
        usually = np.flatnonzero(self._usual)
        # Kinds that are usually there are looked at in every window, the others where they are.
        rare = self._usual[present.col] == 0
        every = np.repeat(np.arange(len(sequences)), len(usually))
        row = np.concatenate((every, present.row[rare]))
        kind = np.concatenate((np.tile(usually, len(sequences)), present.col[rare]))
        count = np.concatenate((counts[:, usually].toarray().ravel(), present.data[rare]))
        expected = self._usual[kind] * sequences.covered[row]
        apart = _steadied(count) - _steadied(expected)
        distance = np.where(apart > 0, apart / self._above[kind], -apart / self._below[kind])
        return csr_matrix((distance, (row, kind)), shape=counts.shape), counts

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The counts farthest from what is usual."""
        distances, counts = self._distances(sequences)
        names = [f"kind {kind}" for kind in range(distances.shape[1])]
        ranked = strongest(distances, names, top)
        return [
            [(self._told(sequences, int(n[5:]), counts[i, int(n[5:])]), w) for n, w in pairs]
            for i, pairs in enumerate(ranked)
        ]

    def _told(self, sequences: SequenceSet, kind: int, count: float) -> str:
        named = kind - 1 - len(LEVELS)
        if named >= 0:
            what = f' of "{sequences.dataset.templates[named]}"'
        else:
            what = f" of level {LEVELS[kind - 1]}" if kind else ""
        return f"{count:,.0f} events{what}, usually {self._usual[kind]:,.0f}"


def _counts(sequences: SequenceSet) -> csr_matrix:
    """(sequences, kinds) float64."""
    level = sequences.dataset.level[sequences.rows].astype(np.int32)
    borders = sequences.offsets
    named = level >= 0
    inside = np.concatenate(([0], np.cumsum(named)))[borders]
    shape = (len(sequences), len(LEVELS))
    levels = csr_matrix((np.ones(inside[-1]), level[named], inside), shape=shape)
    levels.sum_duplicates()
    return hstack(
        [csr_matrix(sequences.lengths[:, None].astype(float)), levels, template_counts(sequences)],
        format="csr",
    )


def _steadied(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts on a scale on which the spread of Poisson counts is 1."""
    return 2 * np.sqrt(counts + 0.375)


def _quantiles(counts: csr_matrix, shares: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """(kinds,) each, counts that such a share of the windows does not exceed; each occurs."""
    columns = csc_matrix(counts)
    column = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    data = np.append(columns.data[np.lexsort((columns.data, column))], 0.0)
    zeros = columns.shape[0] - np.diff(columns.indptr)
    found = []
    for share in shares:
        place = round(share * (columns.shape[0] - 1))
        inside = np.minimum(columns.indptr[:-1] + np.maximum(place - zeros, 0), len(data) - 1)
        found.append(np.where(place < zeros, 0.0, data[inside]))
    return found
