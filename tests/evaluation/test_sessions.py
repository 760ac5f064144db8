from __future__ import annotations

import pytest

from anomalog_exp.evaluation.block import Recount
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.evaluation.sessions import recounted_by_session
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.summaries import summary_of


def windows(labels: dict[str, int], events: int = 6):
    """Sessions that are cut into windows of two events; the first half trains."""
    rows = [(name, letter, i, -1) for i, name in enumerate(labels) for letter in "abcdef"[:events]]
    return grouped(log_dataset(rows, entity_labels=labels), window_size=2)


LABELS = {"s0": 0, "s1": 1, "s2": 0, "s3": 1, "s4": 0, "s5": 1, "s6": 0, "s7": 1}
HIGH, LOW = 0.9, 0.1
RESAMPLING = Resampling(samples=0, seed=0)


@pytest.mark.parametrize("flagged_window", [0, 1, 2])
def test_a_session_is_flagged_by_any_of_its_windows(flagged_window):
    sequences = windows(LABELS)
    one_of_three = [LOW] * flagged_window + [HIGH] + [LOW] * (2 - flagged_window)
    # s4 normal and s5 anomalous are flagged by one window each, s6 and s7 by none.
    scores = [*one_of_three, *one_of_three, *[LOW] * 6]
    recount = recounted_by_session(summary_of(sequences, scores), RESAMPLING)
    assert recount == Recount(
        counted=4, precision=0.5, recall=0.5, f1=0.5, accuracy=0.5, coverage=1.0
    )


@pytest.mark.parametrize("labelled_window", [0, 1, 2])
def test_a_session_is_anomalous_by_any_of_its_windows(labelled_window):
    anomalous = range(2 * labelled_window, 2 * labelled_window + 2)
    rows = [
        (name, letter, i, int(name in ("s1", "s3") and place in anomalous))
        for i, name in enumerate(["s0", "s1", "s2", "s3"])
        for place, letter in enumerate("abcdef")
    ]
    sequences = grouped(log_dataset(rows), window_size=2)
    recount = recounted_by_session(summary_of(sequences, [LOW] * 3 + [HIGH] * 3), RESAMPLING)
    # s2 is normal and s3 anomalous; only s3 is flagged.
    assert (recount.counted, recount.precision, recount.recall) == (2, 1.0, 1.0)


@pytest.mark.parametrize(
    ("labels", "events"),
    [
        (LABELS, 2),  # every session is one window
        (LABELS | {"s4": 1, "s6": 1}, 6),  # all test sessions are anomalous
        (dict.fromkeys(LABELS, -1), 6),
    ],
)
def test_there_is_no_count_by_session_where_it_says_nothing(labels, events):
    sequences = windows(labels, events)
    scores = [HIGH] * len(sequences.part(2))
    assert recounted_by_session(summary_of(sequences, scores), RESAMPLING) is None


def test_windows_across_sessions_are_of_no_session():
    rows = [(f"s{i % 3}", "a", i, -1) for i in range(12)]
    sequences = grouped(log_dataset(rows, entity_labels={"s0": 1, "s1": 0}), "fixed", window_size=2)
    scores = [HIGH] * len(sequences.part(2))
    assert recounted_by_session(summary_of(sequences, scores), RESAMPLING) is None
