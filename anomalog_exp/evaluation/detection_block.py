"""The block of binary detection: decisions about units of any kind, against their labels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.ranking import best_f1
from anomalog_exp.detection.scores import decided
from anomalog_exp.evaluation.block import ClassCounts, Diagnostics, MetricBlock
from anomalog_exp.evaluation.metrics import (
    Confusion,
    auroc,
    average_precision,
    confusion,
    f1_interval,
)
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus

__all__ = ["ABSTAINED", "decision_figures", "detection_block", "why_invalid"]

ABSTAINED = "the detector abstains from all that is labelled"


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
    bootstrap_samples: int,
    seed: int,
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
        bootstrap_samples: Resamples for the interval of F1; 0 leaves it out.
        seed: Seed of the resampling.
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
        why = ABSTAINED if (label >= 0).any() else f"nothing in the {part} split is labelled"
        return block(status=MetricStatus.NOT_APPLICABLE, reason=why, diagnostics=diagnostics)
    if reason := why_invalid(counts, cells, unit=unit, label_unit=label_unit):
        return block(status=MetricStatus.INVALID, reason=reason, diagnostics=diagnostics)
    diagnostics = replace(
        diagnostics, false_positive_rate=cells.false_positive_rate, specificity=cells.specificity
    )
    if anomalous.all() or not anomalous.any():
        single = f"single_class_{part}_set"
        return block(status=MetricStatus.INVALID, reason=single, diagnostics=diagnostics)
    oracle = best_f1(anomalous, scores[counted])
    low, high = f1_interval(cells, bootstrap_samples, seed) if bootstrap_samples else (None, None)
    return block(
        status=MetricStatus.VALID,
        reason=None,
        headline=decision_figures(cells, labelled=int((label >= 0).sum()))
        | {
            Figure.AUROC: auroc(anomalous, scores[counted]),
            Figure.AVERAGE_PRECISION: average_precision(anomalous, scores[counted]),
        },
        diagnostics=replace(
            diagnostics,
            mcc=cells.mcc,
            oracle_best_f1=oracle.f1,
            oracle_best_f1_threshold=oracle.threshold,
            f1_interval_low=low,
            f1_interval_high=high,
        ),
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
        "label_unit_prediction_unit_mismatch": (unit, label_unit)
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
