"""The summary of one run of a detector: its outcome, its judge, and counts of what it ran on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.outcome import Outcome
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["ModelRunSummary", "SequenceSummary"]


@dataclass(frozen=True)
class SequenceSummary:
    """Counts of the sequences of a run; label counts are keyed by label: 0, 1, and -1 for none."""

    sequence_count: int
    train_sequence_count: int
    validation_sequence_count: int
    test_sequence_count: int
    train_label_counts: dict[int, int]
    validation_label_counts: dict[int, int]
    test_label_counts: dict[int, int]
    ignored_label_counts: dict[int, int]
    ignored_sequence_count: int

    @classmethod
    def of(cls, sequences: SequenceSet) -> SequenceSummary:
        """Count the sequences of all splits."""
        labels = {part: sequences.label[sequences.split == part] for part in Split}
        return cls(
            sequence_count=len(sequences),
            train_sequence_count=len(labels[Split.TRAIN]),
            validation_sequence_count=len(labels[Split.VALIDATION]),
            test_sequence_count=len(labels[Split.TEST]),
            train_label_counts=_label_counts(labels[Split.TRAIN]),
            validation_label_counts=_label_counts(labels[Split.VALIDATION]),
            test_label_counts=_label_counts(labels[Split.TEST]),
            ignored_label_counts=_label_counts(labels[Split.IGNORED]),
            ignored_sequence_count=len(labels[Split.IGNORED]),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelRunSummary(Outcome):
    """The outcome of a run, and how it came about.

    Attributes:
        judge: The fitted detector with its thresholds.
        sequence_summary: Counts of all splits.
        seconds: Time of fitting, of deciding on thresholds, and of judging.
    """

    judge: Judge
    sequence_summary: SequenceSummary
    seconds: dict[str, float]

    @property
    def detector(self) -> str:
        """The detector's name."""
        return self.judge.config.name

    @property
    def model_manifest(self) -> dict[str, Any]:
        """What the fitted detector says of itself, JSON-ready."""
        return self.judge.manifest()

    def explain(self, chosen: NDArray[np.int64], top: int) -> list[list[tuple[str, float]]]:
        """Evidence for some of the test sequences: of each up to `top` pairs of text and weight."""
        return self.judge.explain(self.test.take(chosen), top)

    def blamed(self, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """(events of some of the test sequences,) how much each is behind the score of its sequence."""
        return self.judge.blamed(self.test.take(chosen))


def _label_counts(label: NDArray[np.int8]) -> dict[int, int]:
    values, counts = np.unique(label, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))
