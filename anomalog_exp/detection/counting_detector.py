"""What detectors of unusual counts share: windows in, the distance of their oddest count out."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.usual_counts import UsualCounts
from anomalog_exp.plural import how_many
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["CountingDetector"]

_ROWS: Final = 1 << 15


class CountingDetector(Detector):
    """Base of detectors that score windows by counts that are not usual."""

    _usual: UsualCounts

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        whole = normal.take(normal.covered == 1.0)
        used = whole if len(whole) else normal
        self.learn_kinds(used)
        self._usual = UsualCounts.learned(self.counts(used), used)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = np.zeros(len(sequences))
        for start in range(0, len(sequences), _ROWS):
            part = slice(start, start + _ROWS)
            scores[part] = self._distances(sequences.take(part))[0].max(axis=1).toarray().ravel()
        return scores

    def _distances(self, sequences: SequenceSet) -> tuple[csr_matrix, csr_matrix]:
        counts = self.counts(sequences)
        return self._usual.distances(counts, sequences), counts

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The counts farthest from what is usual."""
        distances, counts = self._distances(sequences)
        seasons = self._usual.seasons(sequences)
        reasons = []
        for row in range(len(sequences)):
            inside = slice(distances.indptr[row], distances.indptr[row + 1])
            kinds, weights = distances.indices[inside], distances.data[inside]
            ranked = np.lexsort((kinds, -weights))[:top]
            usually = self._usual.median[seasons[row]] * sequences.covered[row]
            when = " at this hour" if seasons[row] else ""
            reasons.append(
                [
                    (
                        f"{how_many(counts[row, kinds[i]], 'event')}"
                        f"{self.kind_name(sequences, kinds[i])}, usually {usually[kinds[i]]:,.0f}{when}",
                        float(weights[i]),
                    )
                    for i in ranked
                    if weights[i] > 0
                ]
            )
        return reasons

    def learn_kinds(self, sequences: SequenceSet) -> None:
        """Learn what is counted, from the training windows.

        Raises:
            NotApplicable: there is nothing to count.
        """

    @abstractmethod
    def counts(self, sequences: SequenceSet) -> csr_matrix:
        """(windows, kinds) float64 how many events of each kind a window has."""

    @abstractmethod
    def kind_name(self, sequences: SequenceSet, kind: int) -> str:
        """What follows "12 events" in a sentence, as ` of level error`."""
