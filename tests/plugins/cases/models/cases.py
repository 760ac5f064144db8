"""Cases: whether events fall into cases of training that held an anomaly, one case for each pair of events.

The case of an event is its template after that of the event before it. Score: 1 for a sequence with an
event of a case that training labels anomalous, else 0; a sequence without an event in a case is not decided.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.triage import UNRATED, NoCluster, Triage
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet


class Config(ExperimentModelConfig):
    """Options of the detector."""

    name: Literal["cases"]
    least: Count = Field(description="training events that make a case")

    def build_detector(self) -> CasesDetector:
        return CasesDetector(self)


class CasesDetector(Detector):
    """Scores events and sequences by the labels of their cases."""

    config: Config
    learns_from = "all"
    _pairs: Annotated[NDArray[np.int64], "cases"]
    _size: Annotated[NDArray[np.int64], "cases"]
    _risk: Annotated[NDArray[np.float64], "cases"]
    _seen: Annotated[NDArray[np.bool_], "templates"]
    _trained: int

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        pair, first = _pairs(train)
        own = np.asarray(train.dataset.label)[train.rows]
        label = np.where(own >= 0, own, np.repeat(train.label, train.lengths))
        cases, case, size = np.unique(pair[~first], return_inverse=True, return_counts=True)
        risk = np.full(len(cases), UNRATED)
        np.maximum.at(risk, case, label[~first].astype(np.float64))
        kept = size >= self.config.least
        self._pairs, self._size, self._risk = cases[kept], size[kept], risk[kept]
        self._seen = np.bincount(train.templates, minlength=len(train.dataset.templates)) > 0
        self._trained = len(pair)

    def triage(self, sequences: SequenceSet) -> Triage:
        pair, first = _pairs(sequences)
        place = np.searchsorted(self._pairs, pair)
        near = np.append(self._pairs, -1)[place] == pair
        cluster = np.where(near, place, NoCluster.NOTHING_NEAR)
        cluster[~self._seen[sequences.templates]] = NoCluster.UNKNOWN_EVENT
        cluster[first] = NoCluster.NOT_CONFIDENT
        return Triage(cluster.astype(np.int64), self._size, self._risk, self._trained)

    def abstained_events(self, sequences: SequenceSet) -> NDArray[np.bool_]:
        return self.triage(sequences).cluster < 0

    def abstained(self, sequences: SequenceSet) -> NDArray[np.bool_]:
        answered = np.concatenate(([0], np.cumsum(~self.abstained_events(sequences))))
        return answered[sequences.offsets[1:]] == answered[sequences.offsets[:-1]]

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        triage = self.triage(sequences)
        return np.where(triage.cluster < 0, 9.0, np.append(triage.risk, 0.0)[triage.cluster])

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        risky = (self.score_events(sequences) > 0) & ~self.abstained_events(sequences)
        so_far = np.concatenate(([0], np.cumsum(risky)))
        any_risk = so_far[sequences.offsets[1:]] > so_far[sequences.offsets[:-1]]
        return np.where(self.abstained(sequences), 9.0, any_risk.astype(np.float64))


def _pairs(sequences: SequenceSet) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(events,) a number for each event after the one before it, and which are first of their sequence."""
    template = sequences.templates.astype(np.int64)
    first = np.zeros(len(template), dtype=bool)
    first[sequences.offsets[:-1][sequences.lengths > 0]] = True
    before = np.concatenate((template[:1], template[:-1]))
    return before * len(sequences.dataset.templates) + template, first
