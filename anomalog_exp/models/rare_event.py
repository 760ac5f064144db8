"""Rare events: how rare the kinds of events in a sequence are among training sequences.

Each template counts once, however often it stands in the sequence, with its inverse document frequency
ln((N + 1) / n): N training sequences, of which n hold it, n being 1/2 where none does. Source of the
weight: Sparck Jones, "A statistical interpretation of term specificity and its application in
retrieval", Journal of Documentation 28, 1972; for logs Lin et al., "Log clustering based problem
identification", ICSE-SEIP 2016. With `severity` a rare error weighs more than a rare message.

Score: ln(1 + sum of (e^weight - 1)) over the templates of the sequence, in nats: that of its rarest one,
and little more where many are a bit rare (as the harmonic mean p-value, Wilson, PNAS 116, 2019). A
template that no other sequence holds is about as rare whether or not the sequence itself was trained
on, which makes the method fit for split=all.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.counts import template_counts
from anomalog_exp.features.severity import by_severity, severity_weights
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "RareEventDetector"]


class Config(ExperimentModelConfig):
    """Options of rare events."""

    name: Literal["rare_event"]
    severity: bool = Field(description="templates of errors weigh more")

    def build_detector(self) -> RareEventDetector:
        return RareEventDetector(self)


class RareEventDetector(Detector):
    """Scores sequences by their templates that few training sequences hold."""

    config: Config
    _nats: Annotated[NDArray[np.float64], "templates"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        held = np.maximum(template_counts(normal).getnnz(axis=0), 0.5)
        self._nats = np.log((len(normal) + 1) / held)
        if self.config.severity:
            self._nats *= severity_weights(train.dataset)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        told_apart, nats = self._weighed(sequences)
        return np.log1p(np.asarray(_present(told_apart) @ np.expm1(nats)))

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        told_apart, nats = self._weighed(sequences)
        return nats[told_apart.templates]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The rarest templates, with what each adds."""
        told_apart, nats = self._weighed(sequences)
        parts = _present(told_apart).multiply(nats).tocsr()
        return strongest(parts, told_apart.dataset.templates, top)

    def _weighed(self, sequences: SequenceSet) -> tuple[SequenceSet, NDArray[np.float64]]:
        """The sequences, and (templates,) the nats of theirs; what is unknown weighs by itself."""
        if not self.config.severity:
            return sequences, self._nats
        told_apart, weights = by_severity(sequences)
        return told_apart, np.append(self._nats, self._nats[-1] * weights)


def _present(sequences: SequenceSet) -> csr_matrix:
    """(sequences, templates) 1 where a sequence holds a template."""
    counts = template_counts(sequences)
    counts.data[:] = 1.0
    return counts
