from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.evaluation import MetricBlock, MetricReport, evaluate
from anomalog_exp.evaluation.block import RangeCounts
from anomalog_exp.evaluation.range_block import range_block
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.logs import log_dataset
from tests.summaries import summary_of

ALL_JUDGED = "split=all"


def block_of(
    labels: str,
    flags: str,
    *overrides: str,
    minutes=None,
    unjudged=None,
    events=None,
    abstained=None,
) -> MetricBlock:
    """The block of one event a minute, `#` where it is anomalous, `?` where it is not labelled."""
    when = minutes or range(len(labels))
    rows = [
        (f"e{i % 3}", "abcd"[i % 4], minute * 60_000, {"#": 1, "?": -1}.get(label, 0))
        for i, (minute, label) in enumerate(zip(when, labels, strict=True))
    ]
    config = composed(*overrides)
    sequences = config.sequence.apply(log_dataset(rows), config.split)
    if unjudged is not None:
        sequences.split[np.flatnonzero(sequences.split == Split.TEST)[unjudged]] = Split.IGNORED
    summary = summary_of(sequences, [float(flag == "#") for flag in flags], events=events)
    if abstained is not None:
        summary = replace(summary, abstained=np.array([one == "-" for one in abstained]))
    return range_block(config.sequence, sequences, summary, Resampling(100, seed=0))


LINES = ["sequence=line", ALL_JUDGED]
MINUTES = ["sequence=time", "sequence.time_span_ms=60000", ALL_JUDGED]


@pytest.mark.parametrize("overrides", [LINES, MINUTES])
def test_a_block_worked_out_by_hand(overrides):
    block = block_of(".###..##..?", ".#.#....##.", *overrides)
    assert (block.scope, block.status, block.reason) == ("range_level_detection", "valid", None)
    assert (block.prediction_unit, block.label_unit) == ("range", "window")
    assert block.counts == RangeCounts(
        units=11, counted=10, abstained=0, ignored=1,
        anomalous_ranges=2, caught_ranges=1, flagged_ranges=3, false_ranges=1,
    )  # fmt: skip
    # Of the first, 2 of 3 units in two pieces: 2/3 * 2/3; the second is missed.
    recall, precision = 2 / 3 * 2 / 3 / 2, 2 / 4
    assert block.headline == pytest.approx(
        {"precision": precision, "recall": recall,
         "f1": 2 * precision * recall / (precision + recall)}
    )  # fmt: skip
    low, high = block.diagnostics.f1_interval_low, block.diagnostics.f1_interval_high
    assert low < block.headline["f1"] < high


def test_minutes_between_which_the_log_is_silent_do_not_follow_each_other():
    assert block_of(".##", ".#.", *MINUTES).counts.anomalous_ranges == 1
    silent = block_of(".##", ".#.", *MINUTES, minutes=[0, 1, 3])
    assert silent.counts.anomalous_ranges == 2
    with_silence = block_of(".##", ".#..", *MINUTES, "sequence.emit_empty=true", minutes=[0, 1, 3])
    assert with_silence.counts.anomalous_ranges == 2


def test_of_overlapping_windows_one_anomaly_is_one_range():
    windows = ["sequence=fixed", "sequence.window_size=4", "sequence.step=1", ALL_JUDGED]
    block = block_of("....#......", "...#....", *windows)
    # Windows 1 to 4 hold it; one of the four is flagged.
    assert block.counts.anomalous_ranges == 1
    assert (block.headline["recall"], block.headline["precision"]) == (1 / 4, 1)


def test_what_is_judged_on_both_sides_of_a_gap_is_not_one_range():
    assert block_of(".####.", ".####.", *LINES).counts.anomalous_ranges == 1
    assert block_of(".#####", ".####", *LINES, unjudged=2).counts.anomalous_ranges == 2


STREAM = ["sequence=stream", "sequence.chunk_size=2", ALL_JUDGED]


def event_scores(flags: str) -> EventScores:
    predicted = np.array([flag == "#" for flag in flags])
    return EventScores(np.arange(len(flags)), predicted.astype(float), 0.5, predicted)


def test_a_stream_has_ranges_of_events_where_they_are_judged_and_of_chunks_otherwise():
    of_events = block_of("..##.#..", "....", *STREAM, events=event_scores("..#....."))
    assert of_events.label_unit == EvaluationUnit.EVENT
    assert (of_events.counts.units, of_events.counts.anomalous_ranges) == (8, 2)
    assert of_events.headline["recall"] == 1 / 4
    of_chunks = block_of("..##.#..", ".#..", *STREAM)
    assert of_chunks.label_unit == EvaluationUnit.STREAM
    assert (of_chunks.counts.units, of_chunks.counts.anomalous_ranges) == (4, 1)
    assert of_chunks.headline["recall"] == 1 / 2


@pytest.mark.parametrize(
    ("labels", "flags", "more", "status", "reason"),
    [
        ("....", "..#.", {}, "invalid", "all labels in the test split are of one class"),
        ("####", "..#.", {}, "invalid", "all labels in the test split are of one class"),
        ("????", "..#.", {}, "not_applicable", "nothing in the test split is labelled"),
        (".#..", "....", {"abstained": "----"},
         "not_applicable", "the detector abstains from all that is labelled"),
        (".#..", "....", {"abstained": ".-.."}, "invalid", "all labels in the test split are of one class"),
    ],
)  # fmt: skip
def test_units_that_prove_nothing_have_no_figures_and_a_reason(labels, flags, more, status, reason):
    block = block_of(labels, flags, *LINES, **more)
    assert (block.status, block.reason, block.headline) == (status, reason, None)
    assert block.diagnostics.f1_interval_low is None


def test_sequences_of_entities_follow_no_other():
    block = block_of(".#.", ".#.", ALL_JUDGED)
    assert (block.status, block.counts) == (MetricStatus.NOT_APPLICABLE, None)
    assert "none follows another" in block.reason


def test_ranges_lead_where_they_are_asked_for_and_come_back_from_the_file():
    config = composed(*LINES, "evaluation.primary_scope=range_level_detection")
    rows = [("e", "a", i, int(i in (2, 3))) for i in range(6)]
    sequences = config.sequence.apply(log_dataset(rows), config.split)
    report = evaluate(config, sequences, summary_of(sequences, [0, 0, 1, 0, 0, 0.0]))
    assert report.primary_scope == MetricScope.RANGE_LEVEL_DETECTION
    assert report.primary_metric == ("f1", pytest.approx(2 / 3))
    assert report.decisions.scope == MetricScope.SEQUENCE_LEVEL_DETECTION
    read = MetricReport.from_json(report.to_json())
    assert isinstance(read.primary.counts, RangeCounts)
    assert read.primary.counts == report.primary.counts
