"""What is found: the highest scores, each content once, and the same as text."""

from __future__ import annotations

import json

import numpy as np
import pytest

from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.results.anomalies import anomaly_report
from anomalog_exp.results.findings import findings_of
from tests.sequencing import sequence_set
from tests.summaries import summary_of


def found(**more):
    """Three training sequences, two of them the same; four test sequences, two of them the same."""
    sequences = sequence_set(
        ["ab", "ab", "b", "abz", "ab", "abz", "y"], [0, 0, 0, 1, 0, 1, -1], tested=4
    )
    explain = more.pop(
        "explain", lambda chosen, top: [[("because", 2.0)] for _ in range(len(chosen))]
    )
    summary = summary_of(sequences, [0.9, 0.1, 0.9, 0.6], explain=explain, **more)
    return findings_of(sequences, summary)


def test_the_highest_scores_come_first_and_equal_sequences_once():
    findings = found()
    assert [one.sequence for one in findings.sequences] == [0, 3, 1]
    assert [one.equal for one in findings.sequences] == [2, 1, 1]
    assert [one.label for one in findings.sequences] == [1, -1, 0]
    assert [one.predicted for one in findings.sequences] == [True, True, False]
    assert findings.distinct_training_sequences == 2
    verdicts = findings.sequence_verdicts
    assert (verdicts.judged, verdicts.different, verdicts.flagged, verdicts.threshold) == (
        4,
        3,
        3,
        0.5,
    )
    assert findings.event_verdicts is None


def test_a_line_has_its_time_and_where_there_is_no_log_its_template():
    (first, *_) = found().sequences
    assert [(line.text, line.time_ms, line.source) for line in first.lines] == [
        ("a", 3000, None),
        ("b", 3000, None),
        ("z", 3000, None),
    ]


def test_a_long_sequence_appears_by_the_lines_that_are_blamed_and_then_by_the_rarest():
    usual, odd = "abcdefgh" * 3, "ahgfedcba" + "abcdefgh"
    sequences = sequence_set([usual, usual + "a", odd], [0, 0, -1], tested=1)

    def blame(test):
        assert len(test) == 1
        return np.where(
            np.arange(len(odd)) == 13, 2.0, np.where(np.arange(len(odd)) == 8, 1.0, 0.0)
        )

    def shown(**more):
        (first,) = findings_of(sequences, summary_of(sequences, [0.9], **more)).sequences
        return "".join(line.text for line in first.lines), first.telling

    # Training shows "a" once more than the others.
    assert shown() == ("hgfedc", [0, 1, 2, 3, 4, 5])
    # "e" is there already.
    assert shown(blame=blame) == ("hgfdae", [5, 4, 0, 1, 2, 3])


def test_a_line_of_each_template_that_is_blamed_stands_before_a_second_one():
    odd = "aaabbbbbccd"
    sequences = sequence_set(["abcd" * 3, odd], [0, -1], tested=1)

    def blame(test):
        return np.array([9.0] * 3 + [8.0] * 5 + [0.0] * 2 + [7.0])

    (first,) = findings_of(sequences, summary_of(sequences, [0.9], blame=blame)).sequences
    shown = [first.lines[place].text for place in first.telling]
    assert shown == ["a", "b", "d", "a", "b", "a"]


def test_events_appear_once_by_template():
    judged = EventScores(
        np.array([5, 6, 7, 8]),
        np.array([0.2, 0.8, 0.9, 0.7]),
        0.5,
        np.array([False, True, True, True]),
    )
    findings = found(events=judged)
    assert [(one.line.text, one.score, one.alike) for one in findings.events] == [
        ("z", 0.9, 0),
        ("b", 0.8, 0),
        ("a", 0.7, 1),
    ]
    assert findings.event_verdicts.different == 3


@pytest.mark.parametrize("weight", [float("inf"), float("nan")])
def test_a_weight_that_is_no_number_is_null_in_json(weight):
    findings = found(explain=lambda chosen, top: [[("because", weight)]] * len(chosen))
    payload = json.loads(json.dumps(findings.to_json(), allow_nan=False))
    assert payload["sequences"][0]["reasons"] == [{"evidence": "because", "weight": None}]


def test_the_text_is_made_of_the_same():
    text = anomaly_report(found())
    assert text.startswith(
        "3 distinct test sequences of highest score, of 3 distinct among 4; "
        "3 score above the threshold of 0.5\n\n"
        "#1  score 0.9, predicted anomalous, labelled anomalous, 3 events, s3, line:6 to 8, "
        "1970-01-01 00:00:03 UTC, and 1 equal sequence\n"
        "       2.000  because\n    line:6: a\n    line:7: b\n    line:8: z\n"
    )
    assert "#3  score 0.1, predicted normal, labelled normal, 2 events, s4, line:9 to 10, " in text
