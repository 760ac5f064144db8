"""Counts over time against hand-worked ones, and against a slow count of every event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.data.dataset import NO_TIME, UNLABELLED
from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.results.timeline import BINS, bin_width, timeline
from anomalog_exp.sequences.sequence_set import Split
from tests.logs import log_dataset
from tests.sequencing import sequence_set
from tests.summaries import summary_of


def timed(rows, starts, labels, tested):
    """Sequences of rows of (template, time), the last `tested` of them the test part."""
    dataset = log_dataset([(None, template, time, UNLABELLED) for template, time in rows])
    stop = [*starts[1:], len(rows)]
    split = np.full(len(starts), Split.TRAIN, dtype=np.uint8)
    split[len(starts) - tested :] = Split.TEST
    return replace(
        sequence_set([]),
        dataset=dataset,
        order=np.arange(len(rows)),
        start=np.array(starts),
        stop=np.array(stop),
        label=np.array(labels, dtype=np.int8),
        split=split,
        entity=np.full(len(starts), -1, dtype=np.int32),
    )


def test_counts_by_hand():
    rows = [("a", 10), ("b", 10), ("a", 12), ("a", 13), ("b", None), ("a", 13)]
    sequences = timed(rows, [0, 2, 3, 4], [0, 1, 1, -1], tested=3)
    judged = EventScores(
        np.array([2, 3, 4]), np.array([0.9, 0.1, 0.9]), 0.5, np.array([True, False, True])
    )
    found = timeline(sequences, summary_of(sequences, [0.9, 0.1, 0.9], events=judged))
    assert found == {
        "start_ms": 10,
        "bin_ms": 1,
        "rows": [2, 0, 1, 2],
        "templates": [{"text": "a", "rows": [1, 0, 1, 2]}, {"text": "b", "rows": [1, 0, 0, 0]}],
        # The last sequence begins with an event that has no time.
        "sequences": {
            "judged": [0, 0, 1, 1],
            "flagged": [0, 0, 1, 0],
            "anomalous": [0, 0, 1, 1],
        },
        "events": {"judged": [0, 0, 1, 1], "flagged": [0, 0, 1, 0], "anomalous": [0, 0, 0, 0]},
    }


def test_the_less_frequent_templates_are_counted_together():
    rows = [(letter, 5) for number, letter in enumerate("abcdefghijkl") for _ in range(20 - number)]
    sequences = timed(rows, [0, 1], [0, 0], tested=1)
    found = timeline(sequences, summary_of(sequences, [0.1]))
    assert [one["text"] for one in found["templates"]] == [*"abcdefghij", None]
    assert found["templates"][-1]["rows"] == [10 + 9]
    assert found["rows"] == [len(rows)]


def test_a_log_without_times_has_none():
    sequences = timed([("a", None), ("b", None)], [0, 1], [0, 0], tested=1)
    assert timeline(sequences, summary_of(sequences, [0.1])) is None


def test_counts_agree_with_a_slow_count():
    rng = np.random.default_rng(3)
    times = [None if rng.random() < 0.1 else int(t) for t in rng.integers(-5, 10**9, 3000)]
    rows = [("abc"[rng.integers(3)], time) for time in times]
    starts = list(range(0, 3000, 10))
    sequences = timed(rows, starts, [0] * 300, tested=100)
    found = timeline(sequences, summary_of(sequences, rng.random(100)))
    width, start = found["bin_ms"], found["start_ms"]
    assert len(found["rows"]) <= BINS
    for number, lines in enumerate(found["rows"]):
        low, high = start + number * width, start + (number + 1) * width
        assert lines == sum(time is not None and low <= time < high for time in times)
        assert found["sequences"]["judged"][number] == sum(
            times[begin] is not None and low <= times[begin] < high for begin in starts[200:]
        )
    assert NO_TIME not in (start, width)


@pytest.mark.parametrize("first", [0, -7, 1_700_000_000_123])
@pytest.mark.parametrize("span", [0, 1, 199, 200, 10**6, 10**9, 10**12, 7 * 10**15])
def test_bins_are_at_most_so_many_and_hold_the_span(first, span):
    width = bin_width(first, first + span)
    assert width >= 1
    assert (first + span) // width - first // width < BINS
