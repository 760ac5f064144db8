"""The block of binary detection: decisions about units of any kind, against their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.ranking import best_step, steps
from anomalog_exp.detection.scores import decided
from anomalog_exp.evaluation.block import ClassCounts, Diagnostics, MetricBlock, Recount
from anomalog_exp.evaluation.metrics import (
    Confusion,
    auroc,
    average_precision,
    confusion,
)
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.evaluation.review import review_figures
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus

__all__ = [
    "ABSTAINED",
    "NO_LABELS",
    "SINGLE_CLASS",
    "decision_figures",
    "detection_block",
    "recounted",
    "why_invalid",
]

NO_LABELS = "nothing in the {part} split is labelled"
ABSTAINED = "the detector abstains from all that is labelled"
"""Why nothing is counted where something is labelled."""
SINGLE_CLASS = "all labels in the {part} split are of one class"
"""What is counted is all anomalous, or all normal."""


def detection_block(
    scope: MetricScope,
    *,
    part: Literal["test", "validation"] = "test",
    unit: EvaluationUnit,
    label_unit: EvaluationUnit,
    aggregation: str,
    label: NDArray[np.int8],
    predicted: NDArray[np.bool_],
    scores: NDArray[np.float64],
    threshold: float,
    abstained: NDArray[np.bool_] | None,
    lines_of: Callable[[NDArray[np.bool_]], int],
    resampling: Resampling,
) -> MetricBlock:
    """Binary detection over units that are labelled and decided; those without a label are ignored.

    Args:
        scope: Which block this is.
        part: Which part the units are of.
        unit: What one prediction is about.
        label_unit: What one label of the source is about.
        aggregation: How labels of that unit become labels of predictions.
        label: (units,) 0, 1, or -1.
        predicted: (units,) decisions.
        scores: (units,) higher = more anomalous.
        threshold: What the decisions come from.
        abstained: (units,) those that are not decided; None where all are.
        lines_of: How many events the chosen ones of (units,) hold, each counted once.
        resampling: How intervals of F1 are found.
    """
    answered = decided(abstained, len(label))
    counted = (label >= 0) & answered
    anomalous = label[counted] == 1
    cells = confusion(anomalous, predicted[counted])
    counts = ClassCounts(
        units=len(label),
        counted=int(counted.sum()),
        abstained=int((~answered).sum()),
        ignored=int((answered & ~counted).sum()),
        normal=int((~anomalous).sum()),
        anomalous=int(anomalous.sum()),
    )
    block = partial(
        MetricBlock,
        scope=scope,
        prediction_unit=unit,
        label_unit=label_unit,
        aggregation=aggregation,
        counts=counts,
        confusion=cells,
    )
    diagnostics = Diagnostics(threshold=threshold, flagged=int(predicted.sum()))
    if not counted.any():
        why = ABSTAINED if (label >= 0).any() else NO_LABELS.format(part=part)
        return block(status=MetricStatus.NOT_APPLICABLE, reason=why, diagnostics=diagnostics)
    if reason := why_invalid(counts, cells, unit=unit, label_unit=label_unit):
        return block(status=MetricStatus.INVALID, reason=reason, diagnostics=diagnostics)
    diagnostics = replace(
        diagnostics, false_positive_rate=cells.false_positive_rate, specificity=cells.specificity
    )
    if anomalous.all() or not anomalous.any():
        single = SINGLE_CLASS.format(part=part)
        return block(status=MetricStatus.INVALID, reason=single, diagnostics=diagnostics)
    ranked = steps(anomalous, scores[counted])
    oracle = best_step(ranked)
    review, findings = review_figures(ranked, lines_of(counted))
    low, high = resampling.f1_interval(cells)
    return block(
        status=MetricStatus.VALID,
        reason=None,
        headline=decision_figures(cells, labelled=int((label >= 0).sum()))
        | {
            Figure.AUROC: auroc(ranked),
            Figure.AVERAGE_PRECISION: average_precision(ranked),
        }
        | review,
        diagnostics=replace(
            diagnostics,
            mcc=cells.mcc,
            oracle_best_f1=oracle.f1,
            oracle_best_f1_threshold=oracle.threshold,
            f1_interval_low=low,
            f1_interval_high=high,
            workload_90_findings=findings,
        ),
    )


def recounted(
    anomalous: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    *,
    labelled: int,
    resampling: Resampling,
) -> Recount | None:
    """The figures of decisions about other units; None where these are of one class.

    Args:
        anomalous: (units,) labels of those that are labelled and decided.
        predicted: (units,) decisions.
        labelled: How many are labelled, decided or not.
        resampling: How intervals of F1 are found.
    """
    if anomalous.all() or not anomalous.any():
        return None
    cells = confusion(anomalous, predicted)
    low, high = resampling.f1_interval(cells)
    return Recount(
        counted=cells.units,
        **decision_figures(cells, labelled=labelled),
        f1_interval_low=low,
        f1_interval_high=high,
    )


def why_invalid(
    counts: ClassCounts, cells: Confusion, *, unit: EvaluationUnit, label_unit: EvaluationUnit
) -> str | None:
    """Why the figures of a block cannot belong together; None if they can."""
    checks = {
        "evaluation_unit_count_mismatch": counts.units
        == counts.counted + counts.abstained + counts.ignored,
        "class_count_mismatch": counts.counted == counts.normal + counts.anomalous,
        "confusion_matrix_mismatch": counts.anomalous == cells.tp + cells.fn
        and counts.normal == cells.fp + cells.tn,
        "single events are judged, and labels are of sequences": (unit, label_unit)
        != (EvaluationUnit.EVENT, EvaluationUnit.SEQUENCE),
    }
    return next((name for name, holds in checks.items() if not holds), None)


def decision_figures(cells: Confusion, *, labelled: int) -> dict[str, float]:
    """The figures of decisions alone; coverage is the share of labelled units that is decided."""
    return {
        Figure.PRECISION: cells.precision,
        Figure.RECALL: cells.recall,
        Figure.F1: cells.f1,
        Figure.ACCURACY: cells.accuracy,
        Figure.COVERAGE: cells.units / labelled,
    }
