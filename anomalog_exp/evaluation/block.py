"""One scope of a metric report: what was judged, whether it may be read as a result, and the figures.

The headline is a mapping from names to numbers, because readers take all of it, figures that are new to
them too: a table as columns, a tracker as metrics. What a reader asks for by itself is a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus

__all__ = [
    "ClassCounts",
    "Counts",
    "Diagnostics",
    "MetricBlock",
    "PredictionCounts",
    "RangeCounts",
    "Recount",
]

_IN_WORDS: Final = {
    "single_class_test_set": "all labels in the test split are of one class",
    "single_class_validation_set": "all labels in the validation split are of one class",
    "evaluation_unit_count_mismatch": "the numbers of units do not add up",
    "class_count_mismatch": "the numbers of normal and anomalous units do not add up",
    "confusion_matrix_mismatch": "the numbers of right and wrong verdicts do not add up",
    "label_unit_prediction_unit_mismatch": "single events are judged, and labels are of sequences",
}


@dataclass(frozen=True)
class Counts:
    """Units of a block.

    Attributes:
        units: All of them.
        counted: Those that the figures are about.
        abstained: Those that the detector gave no answer for.
        ignored: Those that are left out, because they have no label or for another reason.
    """

    units: int
    counted: int
    abstained: int
    ignored: int


@dataclass(frozen=True)
class ClassCounts(Counts):
    """Units of detection; `normal` and `anomalous` are the counted ones by label."""

    normal: int
    anomalous: int


@dataclass(frozen=True)
class PredictionCounts(Counts):
    """Units of prediction; `excluded` holds those left out by reason."""

    excluded: Mapping[str, int]


@dataclass(frozen=True)
class RangeCounts(Counts):
    """Units in an order, and the ranges that they make.

    Attributes:
        anomalous_ranges: Those labelled anomalous.
        caught_ranges: Those of them in which at least one unit is flagged.
        flagged_ranges: Those predicted anomalous.
        false_ranges: Those of them without one unit labelled anomalous.
    """

    anomalous_ranges: int
    caught_ranges: int
    flagged_ranges: int
    false_ranges: int


@dataclass(frozen=True)
class Recount:
    """Figures of the same decisions over other units, of which there are `counted`.

    The interval is that of F1, at 95 %; None where it is left out, and in runs of before it was kept.
    """

    counted: int
    precision: float
    recall: float
    f1: float
    accuracy: float
    coverage: float
    f1_interval_low: float | None = None
    f1_interval_high: float | None = None


@dataclass(frozen=True)
class Diagnostics:
    """Figures beside the headline; None where a block does not have them.

    Attributes:
        threshold: Scores above it are predicted anomalous.
        flagged: Units predicted anomalous, labelled or not.
        false_positive_rate: Share of the normal units that are flagged.
        specificity: Share of the normal units that are not.
        mcc: Matthews correlation coefficient.
        oracle_best_f1: The largest F1 that any threshold reaches on these labels; no result.
        oracle_best_f1_threshold: The threshold that reaches it.
        f1_interval_low: The 2.5 percentile of F1 over resamples.
        f1_interval_high: The 97.5 percentile.
        workload_90_findings: Units to look at, highest score first, to see 90 % of the anomalous ones.
        distinct_test_sequences: Test sequences of different content.
        test_share_seen_in_train: Share of the test sequences whose content also occurs in training.
        unique: The same decisions with duplicates counted once.
        sessions: The same decisions by session, where sequences are windows of sessions.
        vocabulary: Which templates are asked about, `full` or `train`.
        vocabulary_size: How many these are.
    """

    threshold: float | None = None
    flagged: int | None = None
    false_positive_rate: float | None = None
    specificity: float | None = None
    mcc: float | None = None
    oracle_best_f1: float | None = None
    oracle_best_f1_threshold: float | None = None
    f1_interval_low: float | None = None
    f1_interval_high: float | None = None
    workload_90_findings: float | None = None
    distinct_test_sequences: int | None = None
    test_share_seen_in_train: float | None = None
    unique: Recount | None = None
    sessions: Recount | None = None
    vocabulary: str | None = None
    vocabulary_size: int | None = None


@dataclass(frozen=True)
class MetricBlock:
    """One scope; where the run does not measure it, only scope, status and reason are there.

    Attributes:
        scope: Which one.
        status: Whether its figures may be read as a result.
        reason: Why not; None where they may.
        prediction_unit: What one prediction is about.
        label_unit: What one label of the source is about.
        aggregation: How labels of that unit become labels of predictions.
        counts: Units by what became of them.
        confusion: Counted units by true and predicted class; of detection only.
        headline: The figures that lead, by name; None where the block is not valid.
        diagnostics: Figures beside them.
    """

    scope: MetricScope
    status: MetricStatus
    reason: str | None
    prediction_unit: EvaluationUnit | None = None
    label_unit: EvaluationUnit | None = None
    aggregation: str | None = None
    counts: ClassCounts | PredictionCounts | RangeCounts | None = None
    confusion: Confusion | None = None
    headline: Mapping[str, float] | None = None
    diagnostics: Diagnostics = Diagnostics()

    @property
    def reason_in_words(self) -> str | None:
        """The reason for people: some have a name, which programs know."""
        return None if self.reason is None else _IN_WORDS.get(self.reason, self.reason)
