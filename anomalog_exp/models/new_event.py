"""New events: how many events of a sequence are of a type that normal training never showed.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score: number of
events. Deviations: the paper flags; counting the events ranks what is flagged, and the default threshold
0 flags the same sequences. Types that only few training sequences show may count as new, too.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.counts import template_counts
from anomalog_exp.features.novelty import count_sequences
from anomalog_exp.features.segments import segment_sums
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "NewEventDetector"]


class Config(ExperimentModelConfig):
    """Options of new events."""

    added_since: ClassVar[dict[str, Any]] = {"seen_in_at_most": 0}

    name: Literal["new_event"]
    seen_in_at_most: int = Field(ge=0, description="training sequences that show a new type")

    def build_detector(self) -> NewEventDetector:
        return NewEventDetector(self)


class NewEventDetector(Detector):
    """Scores sequences by their events of unknown types."""

    config: Config
    _new: Annotated[NDArray[np.float64], "templates"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        owner = np.repeat(np.arange(len(normal)), normal.lengths)
        shown, count = count_sequences([(owner, normal.templates.astype(np.int64))])
        self._new = np.ones(len(train.dataset.templates))
        self._new[shown[count > self.config.seen_in_at_most]] = 0.0

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return segment_sums(self.score_events(sequences), sequences.offsets)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._new[sequences.templates]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The unknown types, with the number of their events."""
        parts = template_counts(sequences).multiply(self._new).tocsr()
        return strongest(parts, sequences.dataset.templates, top)

    def manifest(self) -> dict[str, object]:
        """How many types are not new."""
        return {"known_templates": int((self._new == 0).sum())}
