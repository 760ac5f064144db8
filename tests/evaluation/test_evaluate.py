from __future__ import annotations

import pytest

from anomalog_exp.evaluation import MetricReport, evaluate
from anomalog_exp.evaluation.block import ClassCounts
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import Figure, MetricScope, MetricStatus
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import log_dataset, sessions
from tests.summaries import summary_of

TRAIN = ["ab", "cd", "ab"]


def report_of(
    texts: list[str], labels: list[int], scores: list[float], threshold=0.5, overrides=()
) -> MetricReport:
    """The report of a run that gives these scores to sessions of the test part."""
    dataset = sessions(*TRAIN, *texts, labels=[0, 1, 0, *labels])
    count = len(TRAIN) + len(texts)
    sequences = grouped(dataset, train=len(TRAIN) / count, test=len(texts) / count)
    config = composed(*overrides)
    return evaluate(config, sequences, summary_of(sequences, scores, threshold))


def test_a_block_worked_out_by_hand():
    texts = ["ab", "ab", "xy", "xy", "zz", "cd", "q"]
    labels = [0, 0, 1, 0, 1, 1, -1]
    report = report_of(texts, labels, [0.1, 0.1, 0.9, 0.9, 0.8, 0.2, 0.99])
    block = report.blocks[MetricScope.SEQUENCE_LEVEL_DETECTION]
    assert (report.primary, report.secondary_scopes) == (block, ())
    assert (block.status, block.reason) == (MetricStatus.VALID, None)
    assert block.confusion == Confusion(tp=2, fp=1, fn=1, tn=2)
    assert block.counts == ClassCounts(
        units=7, counted=6, abstained=0, ignored=1, normal=3, anomalous=3
    )
    head = block.headline
    assert head[Figure.PRECISION] == head[Figure.RECALL] == head[Figure.F1] == 2 / 3
    assert head[Figure.AUROC] == pytest.approx((2.5 + 2 + 2) / 9)
    assert head[Figure.COVERAGE] == 1.0
    diagnostics = block.diagnostics
    assert (diagnostics.flagged, diagnostics.threshold) == (4, 0.5)
    assert diagnostics.f1_interval_low < head[Figure.F1] < diagnostics.f1_interval_high
    assert diagnostics.sessions is None


def test_the_workload_counts_each_event_of_overlapping_windows_once_and_what_is_counted_alone():
    rows = [("e", "ab"[i % 2], i, -1 if i >= 16 else int(i == 5)) for i in range(20)]
    windows = grouped(log_dataset(rows), "fixed", window_size=4, step=2, train=0.1, test=0.7)
    # Those of the test part begin at 4, 6, ..., 16: the first holds the anomaly, the last no label.
    summary = summary_of(windows, [0.5, 0.9, 0.4, 0.3, 0.2, 0.1, 0.0])
    head = evaluate(composed(), windows, summary).primary.headline
    # It is the second to look at; the six that count hold the 14 events from 4 to 17.
    assert head[Figure.WORKLOAD_90] == pytest.approx(2 / 14 * 1000)
    assert head[Figure.R_PRECISION] == 0.0
    assert Figure.PRECISION_AT_10 not in head


@pytest.mark.parametrize(
    ("labels", "status", "reason"),
    [
        ([0, 0, 0], "invalid", "all labels in the test split are of one class"),
        ([1, 1, -1], "invalid", "all labels in the test split are of one class"),
        ([-1, -1, -1], "not_applicable", "nothing in the test split is labelled"),
    ],
)
def test_a_test_split_that_proves_nothing_has_no_headline(labels, status, reason):
    report = report_of(["a", "b", "c"], labels, [0.1, 0.9, 0.2])
    block = report.primary
    assert (block.scope, block.status, block.reason) == (report.primary_scope, status, reason)
    assert block.headline is None
    assert report.primary_metric is None
    assert block.diagnostics.flagged == 1


def test_every_scope_has_a_block_with_a_status_and_a_reason():
    report = report_of(["a", "b"], [0, 1], [0.1, 0.9])
    assert set(report.blocks) == set(MetricScope)
    for scope, block in report.blocks.items():
        assert block.scope == scope
        assert (block.reason is None) == (block.status == MetricStatus.VALID)


def test_a_scope_that_is_asked_for_but_not_usable_does_not_lead():
    asked = ["evaluation.primary_scope=event_level_detection"]
    report = report_of(["a", "b"], [0, 1], [0.1, 0.9], overrides=asked)
    assert report.primary_scope == MetricScope.SEQUENCE_LEVEL_DETECTION


def test_intervals_can_be_left_out():
    left_out = ["evaluation.bootstrap_samples=0"]
    diagnostics = report_of(["a", "b"], [0, 1], [0.1, 0.9], overrides=left_out).primary.diagnostics
    assert (diagnostics.f1_interval_low, diagnostics.f1_interval_high) == (None, None)


def test_the_task_is_that_of_the_run():
    task = report_of(["a", "b"], [0, 1], [0.1, 0.9], overrides=["seed=7"]).task
    assert (task.dataset, task.sequence, task.detector) == ("demo", "entity", "by_hand")
    assert (task.data_digest, task.labels_from, task.seed) == ("in-memory", "entities", 7)
    assert (task.decision.rule, task.decision.oracle) == ("quantile", False)
