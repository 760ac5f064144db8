from __future__ import annotations

from dataclasses import replace

import pytest

from anomalog_exp.evaluation.block import ClassCounts, MetricBlock
from anomalog_exp.evaluation.detection_block import why_invalid
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus

COUNTS = ClassCounts(units=5, counted=4, abstained=0, ignored=1, normal=3, anomalous=1)
CELLS = Confusion(tp=1, fp=1, fn=0, tn=2)
SEQUENCE, EVENT = EvaluationUnit.SEQUENCE, EvaluationUnit.EVENT


@pytest.mark.parametrize(
    ("counts", "cells", "unit", "label_unit", "reason"),
    [
        (COUNTS, CELLS, SEQUENCE, EVENT, None),
        (COUNTS, CELLS, EVENT, EVENT, None),
        (replace(COUNTS, units=6), CELLS, SEQUENCE, EVENT, "evaluation_unit_count_mismatch"),
        (replace(COUNTS, normal=2), CELLS, SEQUENCE, EVENT, "class_count_mismatch"),
        (COUNTS, replace(CELLS, tn=3), SEQUENCE, EVENT, "confusion_matrix_mismatch"),
        (COUNTS, CELLS, EVENT, SEQUENCE, "label_unit_prediction_unit_mismatch"),
    ],
)
def test_figures_that_cannot_belong_together_are_named(counts, cells, unit, label_unit, reason):
    assert why_invalid(counts, cells, unit=unit, label_unit=label_unit) == reason


@pytest.mark.parametrize(
    "reason",
    ["single_class_test_set", "single_class_validation_set", "evaluation_unit_count_mismatch",
     "class_count_mismatch", "confusion_matrix_mismatch", "label_unit_prediction_unit_mismatch"],
)  # fmt: skip
def test_a_reason_that_programs_know_by_a_name_is_said_in_words(reason):
    block = MetricBlock(MetricScope.SEQUENCE_LEVEL_DETECTION, MetricStatus.INVALID, reason)
    assert block.reason == reason
    assert "_" not in block.reason_in_words
    other = replace(block, reason="nothing in the test split is labelled")
    assert other.reason_in_words == other.reason
