from __future__ import annotations

import pytest
from scipy.stats import binomtest

from anomalog_exp.evaluation.block import Counts, Diagnostics, MetricBlock
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import MetricScope, MetricStatus
from anomalog_exp.report.intervals import headline_intervals, wilson


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (5, 5), (8, 10), (38, 1323)])
def test_the_interval_of_a_share_is_wilsons(part, whole):
    reference = binomtest(part, whole).proportion_ci(method="wilson")
    assert wilson(part, whole) == pytest.approx((reference.low, reference.high))


def test_nothing_has_no_interval():
    assert wilson(0, 0) is None


def test_each_figure_gets_the_interval_of_its_own_units():
    block = MetricBlock(
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        MetricStatus.VALID,
        None,
        confusion=Confusion(tp=8, fp=2, fn=4, tn=86),
        headline={
            "f1": 0.7,
            "precision": 0.8,
            "recall": 8 / 12,
            "auroc": 0.9,
            "precision_at_10": 0.8,
            "r_precision": 9 / 12,
            "workload_90": 3.5,
        },
        diagnostics=Diagnostics(f1_interval_low=0.5, f1_interval_high=0.9),
    )
    found = headline_intervals(block)
    assert found == {
        "f1": (0.5, 0.9),
        "precision": wilson(8, 10),
        "recall": wilson(8, 12),
        "accuracy": wilson(94, 100),
        "precision_at_10": wilson(8, 10),
        "r_precision": wilson(9, 12),
    }


def test_shares_of_predictions_have_intervals_and_means_of_shares_have_none():
    block = MetricBlock(
        MetricScope.NEXT_EVENT_PREDICTION,
        MetricStatus.VALID,
        None,
        counts=Counts(units=12, counted=10, abstained=0, ignored=2),
        headline={"top1": 0.8, "top10": 1.0, "top1_macro": 0.5},
    )
    assert headline_intervals(block) == {"top1": wilson(8, 10), "top10": wilson(10, 10)}
