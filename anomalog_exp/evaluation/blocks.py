"""Metric blocks: what was judged, whether it may be read as a result, and the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.ranking import best_f1
from anomalog_exp.evaluation.metrics import (
    Confusion,
    auroc,
    average_precision,
    confusion,
    f1_interval,
)
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus

__all__ = ["detection_block", "headline", "not_applicable_block", "why_invalid"]

SINGLE_CLASS = "single_class_test_set"


def not_applicable_block(scope: MetricScope, reason: str) -> dict[str, Any]:
    """The block of a scope that this run does not measure."""
    return {"scope": scope, "status": MetricStatus.NOT_APPLICABLE, "reason": reason}


def detection_block(
    scope: MetricScope,
    *,
    unit: EvaluationUnit,
    label_unit: EvaluationUnit,
    aggregation: str,
    label: NDArray[np.int8],
    predicted: NDArray[np.bool_],
    scores: NDArray[np.float64],
    threshold: float,
    bootstrap_samples: int,
    seed: int,
) -> dict[str, Any]:
    """Binary detection over units that are labelled; those that are not are ignored.

    Args:
        scope: Which block this is.
        unit: What one prediction is about.
        label_unit: What one label of the source is about.
        aggregation: How labels of that unit become labels of predictions.
        label: (units,) 0, 1, or -1.
        predicted: (units,) decisions.
        scores: (units,) higher = more anomalous.
        threshold: What the decisions come from.
        bootstrap_samples: Resamples for the interval of F1; 0 leaves it out.
        seed: Seed of the resampling.
    """
    counted = label >= 0
    anomalous = label[counted] == 1
    found = confusion(anomalous, predicted[counted])
    block: dict[str, Any] = {
        "scope": scope,
        "prediction_unit": unit,
        "label_unit": label_unit,
        "aggregation": aggregation,
        "status": MetricStatus.VALID,
        "reason": None,
        "counts": {
            "units": len(label),
            "counted": int(counted.sum()),
            "abstained": 0,
            "ignored": int((~counted).sum()),
            "normal": int((~anomalous).sum()),
            "anomalous": int(anomalous.sum()),
        },
        "confusion": found._asdict(),
        "diagnostics": {"threshold": threshold, "flagged": int(predicted.sum())},
    }
    if not counted.any():
        return block | {
            "status": MetricStatus.NOT_APPLICABLE,
            "reason": "nothing in the test split is labelled",
        }
    if wrong := why_invalid(block):
        return block | {"status": MetricStatus.INVALID, "reason": wrong}
    block["diagnostics"] |= {
        "false_positive_rate": found.false_positive_rate,
        "specificity": found.specificity,
    }
    if anomalous.all() or not anomalous.any():
        return block | {"status": MetricStatus.INVALID, "reason": SINGLE_CLASS}
    block["headline"] = headline(found) | {
        "auroc": auroc(anomalous, scores[counted]),
        "average_precision": average_precision(anomalous, scores[counted]),
    }
    oracle = best_f1(anomalous, scores[counted])
    block["diagnostics"] |= {
        "mcc": found.mcc,
        "oracle_best_f1": oracle.f1,
        "oracle_best_f1_threshold": oracle.threshold,
    }
    if bootstrap_samples:
        low, high = f1_interval(found, bootstrap_samples, seed)
        block["diagnostics"] |= {"f1_interval_low": low, "f1_interval_high": high}
    return block


def why_invalid(block: dict[str, Any]) -> str | None:
    """Why the figures of a block cannot belong together; None if they can."""
    counts, cells = block["counts"], block["confusion"]
    finer = (block["prediction_unit"], block["label_unit"])
    checks = {
        "evaluation_unit_count_mismatch": counts["units"]
        == counts["counted"] + counts["abstained"] + counts["ignored"],
        "class_count_mismatch": counts["counted"] == counts["normal"] + counts["anomalous"],
        "confusion_matrix_mismatch": counts["anomalous"] == cells["tp"] + cells["fn"]
        and counts["normal"] == cells["fp"] + cells["tn"],
        "label_unit_prediction_unit_mismatch": finer
        != (EvaluationUnit.EVENT, EvaluationUnit.SEQUENCE),
    }
    return next((name for name, holds in checks.items() if not holds), None)


def headline(found: Confusion) -> dict[str, float]:
    """The figures that lead a valid block; coverage is the share not abstained from."""
    return {
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "accuracy": found.accuracy,
        "coverage": 1.0,
    }
