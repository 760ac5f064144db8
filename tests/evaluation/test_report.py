"""The typed report and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from anomalog_exp.evaluation import (
    Diagnostics,
    MetricBlock,
    MetricReport,
    PrimaryMetric,
    TaskMetadata,
)
from anomalog_exp.evaluation.block import ClassCounts, PredictionCounts, Recount
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.evaluation.task import DecisionRule
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus

SEQUENCES = MetricBlock(
    scope=MetricScope.SEQUENCE_LEVEL_DETECTION,
    status=MetricStatus.VALID,
    reason=None,
    prediction_unit=EvaluationUnit.WINDOW,
    label_unit=EvaluationUnit.SEQUENCE,
    aggregation="any_entity",
    counts=ClassCounts(units=9, counted=8, abstained=0, ignored=1, normal=8, anomalous=0),
    confusion=Confusion(tp=1, fp=2, fn=2, tn=3),
    headline={Figure.F1: 1 / 3, Figure.RECALL: 1.0},
    diagnostics=Diagnostics(
        threshold=1 / 7,
        flagged=0,
        unique=Recount(5, 1.0, 0.0, 0.5, 2 / 3, 1.0),
    ),
)
EVENTS = replace(
    SEQUENCES,
    scope=MetricScope.EVENT_LEVEL_DETECTION,
    prediction_unit=EvaluationUnit.EVENT,
    headline={Figure.F1: 0.5},
)
NEXT_EVENTS = MetricBlock(
    scope=MetricScope.NEXT_EVENT_PREDICTION,
    status=MetricStatus.VALID,
    reason=None,
    prediction_unit=EvaluationUnit.NEXT_EVENT,
    label_unit=EvaluationUnit.EVENT,
    aggregation="none",
    counts=PredictionCounts(
        units=5, counted=3, abstained=0, ignored=2, excluded={"no_history": 2, "other": 0}
    ),
    headline={Figure.TOP1_WEIGHTED: 0.25, "top5": 0.5},
    diagnostics=Diagnostics(vocabulary="full", vocabulary_size=12),
)
WINDOWS = MetricBlock(MetricScope.WINDOW_LEVEL_DETECTION, MetricStatus.NOT_APPLICABLE, "no windows")


def report_led_by(primary: MetricScope, *more: MetricBlock) -> MetricReport:
    return MetricReport(
        task=TaskMetadata(
            "demo", "d1", "entity", "chronological", "drain", "entities", "markov",
            DecisionRule("quantile", oracle=False), seed=0,
        ),
        evaluation_unit=EvaluationUnit.SEQUENCE,
        primary_scope=primary,
        secondary_scopes=(MetricScope.EVENT_LEVEL_DETECTION,),
        blocks={block.scope: block for block in (SEQUENCES, NEXT_EVENTS, WINDOWS, *more)},
    )  # fmt: skip


REPORT = report_led_by(MetricScope.SEQUENCE_LEVEL_DETECTION)


def test_json_has_the_words_of_the_file_and_leaves_out_what_a_block_does_not_have():
    assert REPORT.to_json() == {
        "task": {
            "dataset": "demo",
            "data_digest": "d1",
            "sequence": "entity",
            "split": "chronological",
            "template": "drain",
            "labels_from": "entities",
            "detector": "markov",
            "decision": {"rule": "quantile", "oracle": False},
            "seed": 0,
        },
        "evaluation_unit": "sequence",
        "primary_scope": "sequence_level_detection",
        "secondary_scopes": ["event_level_detection"],
        "blocks": {
            "sequence_level_detection": {
                "scope": "sequence_level_detection",
                "status": "valid",
                "reason": None,
                "prediction_unit": "window",
                "label_unit": "sequence",
                "aggregation": "any_entity",
                "counts": {
                    "units": 9,
                    "counted": 8,
                    "abstained": 0,
                    "ignored": 1,
                    "normal": 8,
                    "anomalous": 0,
                },
                "confusion": {"tp": 1, "fp": 2, "fn": 2, "tn": 3},
                "headline": {"f1": 0.33333333, "recall": 1.0},
                "diagnostics": {
                    "threshold": 0.14285714,
                    "flagged": 0,
                    "unique": {
                        "counted": 5,
                        "precision": 1.0,
                        "recall": 0.0,
                        "f1": 0.5,
                        "accuracy": 0.66666667,
                        "coverage": 1.0,
                    },
                },
            },
            "next_event_prediction": {
                "scope": "next_event_prediction",
                "status": "valid",
                "reason": None,
                "prediction_unit": "next_event",
                "label_unit": "event",
                "aggregation": "none",
                "counts": {
                    "units": 5,
                    "counted": 3,
                    "abstained": 0,
                    "ignored": 2,
                    "excluded": {"no_history": 2, "other": 0},
                },
                "headline": {"top1_weighted": 0.25, "top5": 0.5},
                "diagnostics": {"vocabulary": "full", "vocabulary_size": 12},
            },
            "window_level_detection": {
                "scope": "window_level_detection",
                "status": "not_applicable",
                "reason": "no windows",
            },
        },
    }


def test_a_report_that_is_read_back_has_the_same_types_and_gives_the_same_bytes():
    text = json.dumps(REPORT.to_json(), allow_nan=False)
    back = MetricReport.from_json(json.loads(text))
    assert json.dumps(back.to_json(), allow_nan=False) == text
    assert back == MetricReport.from_json(back.to_json())
    assert (back.task, back.secondary_scopes) == (REPORT.task, REPORT.secondary_scopes)
    assert back.blocks[WINDOWS.scope] == WINDOWS
    assert back.blocks[NEXT_EVENTS.scope] == NEXT_EVENTS
    block = back.primary
    assert (block.counts, block.confusion) == (SEQUENCES.counts, SEQUENCES.confusion)
    assert type(block.counts) is ClassCounts
    assert isinstance(block.prediction_unit, EvaluationUnit)
    assert block.diagnostics.threshold == 0.14285714
    assert isinstance(block.diagnostics.unique, Recount)


@pytest.mark.parametrize("lacking", ["task", "blocks", "primary_scope"])
def test_what_is_no_report_is_not_read_as_one(lacking):
    payload = {key: value for key, value in REPORT.to_json().items() if key != lacking}
    with pytest.raises(ValueError, match=lacking):
        MetricReport.from_json(payload)


@pytest.mark.parametrize(
    ("primary", "metric"),
    [
        (MetricScope.SEQUENCE_LEVEL_DETECTION, PrimaryMetric(Figure.F1, 1 / 3)),
        (MetricScope.NEXT_EVENT_PREDICTION, PrimaryMetric(Figure.TOP1_WEIGHTED, 0.25)),
        (MetricScope.WINDOW_LEVEL_DETECTION, None),
    ],
)
def test_runs_are_ranked_by_the_primary_metric_of_the_scope_that_leads(primary, metric):
    assert report_led_by(primary).primary_metric == metric


@pytest.mark.parametrize(
    ("primary", "block"),
    [
        (MetricScope.SEQUENCE_LEVEL_DETECTION, SEQUENCES),
        (MetricScope.EVENT_LEVEL_DETECTION, EVENTS),
        # It flags nothing by itself: the sequences say how many are flagged.
        (MetricScope.NEXT_EVENT_PREDICTION, SEQUENCES),
    ],
)
def test_decisions_are_those_of_the_scope_that_leads_or_of_sequences(primary, block):
    assert report_led_by(primary, EVENTS).decisions == block
