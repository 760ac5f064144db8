from __future__ import annotations

import json

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.detection.outcome import Outcome
from anomalog_exp.evaluation import evaluate, primary_block
from anomalog_exp.metric_terms import MetricScope
from anomalog_exp.sequences.sequence_set import Split
from tests.grouping import grouped
from tests.logs import sessions

TRAIN = ["ab", "cd", "ab"]


def report(
    texts: list[str], labels: list[int], scores: list[float], threshold=0.5, overrides=(), **options
):
    """The report of a run that gives these scores to sessions of the test split."""
    known = [(i, label) for i, label in enumerate([0, 1, 0, *labels]) if label >= 0]
    dataset = sessions(*TRAIN, *texts)
    dataset.entity_label[:] = -1
    for i, label in known:
        dataset.entity_label[i] = label
    count = len(dataset.entity_label)
    found = grouped(dataset, train=3 / count, test=len(texts) / count, **options)
    given = np.array(scores)
    outcome = Outcome(
        test=found.part(Split.TEST),
        scores=given,
        threshold=threshold,
        predicted=given > threshold,
        oracle=False,
    )
    return evaluate(load_run_config(list(overrides)), found, outcome)


def test_a_block_worked_out_by_hand():
    texts = ["ab", "ab", "xy", "xy", "zz", "cd", "q"]
    labels = [0, 0, 1, 0, 1, 1, -1]
    told = report(texts, labels, [0.1, 0.1, 0.9, 0.9, 0.8, 0.2, 0.99])
    block = told["blocks"]["sequence_level_detection"]
    assert told["primary_scope"] == "sequence_level_detection"
    assert told["secondary_scopes"] == []
    assert primary_block(told) == block
    assert (block["status"], block["reason"]) == ("valid", None)
    assert block["confusion"] == {"tp": 2, "fp": 1, "fn": 1, "tn": 2}
    assert block["counts"] == {
        "units": 7,
        "counted": 6,
        "abstained": 0,
        "ignored": 1,
        "normal": 3,
        "anomalous": 3,
    }
    head = block["headline"]
    assert head["precision"] == head["recall"] == head["f1"] == round(2 / 3, 8)
    assert head["auroc"] == round((2.5 + 2 + 2) / 9, 8)
    assert head["coverage"] == 1.0
    diagnostics = block["diagnostics"]
    assert diagnostics["flagged"] == 4
    # ab and cd occur in training: 3 of 7. Distinct: ab, xy, zz, cd, q.
    assert diagnostics["test_share_seen_in_train"] == round(3 / 7, 8)
    assert diagnostics["distinct_test_sequences"] == 5
    # Once each: ab 0, xy 1, xy 0, zz 1, cd 1.
    assert diagnostics["unique"]["counted"] == 5
    assert diagnostics["unique"]["precision"] == round(2 / 3, 8)
    assert diagnostics["f1_interval_low"] < head["f1"] < diagnostics["f1_interval_high"]


@pytest.mark.parametrize(
    ("labels", "status", "reason"),
    [
        ([0, 0, 0], "invalid", "single_class_test_set"),
        ([1, 1, -1], "invalid", "single_class_test_set"),
        ([-1, -1, -1], "not_applicable", "nothing in the test split is labelled"),
    ],
)
def test_a_test_split_that_proves_nothing_has_no_headline(labels, status, reason):
    block = primary_block(report(["a", "b", "c"], labels, [0.1, 0.9, 0.2]))
    assert (block["status"], block["reason"]) == (status, reason)
    assert "headline" not in block
    assert block["diagnostics"]["flagged"] == 1


def test_every_scope_has_a_block_with_a_status_and_a_reason():
    told = report(["a", "b"], [0, 1], [0.1, 0.9])
    assert set(told["blocks"]) == {scope.value for scope in MetricScope}
    for block in told["blocks"].values():
        assert block["status"] in ("valid", "invalid", "not_applicable", "diagnostic_only")
        assert (block["reason"] is None) == (block["status"] == "valid")


def test_a_scope_that_is_asked_for_but_not_usable_does_not_lead():
    told = report(
        ["a", "b"], [0, 1], [0.1, 0.9], overrides=["evaluation.primary_scope=event_level_detection"]
    )
    assert told["primary_scope"] == "sequence_level_detection"


def test_intervals_can_be_left_out():
    told = report(["a", "b"], [0, 1], [0.1, 0.9], overrides=["evaluation.bootstrap_samples=0"])
    assert "f1_interval_low" not in primary_block(told)["diagnostics"]


def test_the_report_is_json_with_at_most_eight_digits_and_no_times():
    told = report(["a", "b", "c"], [0, 1, 1], [0.1, 1 / 3, 2 / 3], threshold=1 / 7)
    text = json.dumps(told, allow_nan=False)
    assert json.loads(text) == told
    assert primary_block(told)["diagnostics"]["threshold"] == 0.14285714
    assert "seconds" not in text
