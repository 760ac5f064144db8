from __future__ import annotations

from itertools import pairwise, permutations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.detection.ranking import steps
from anomalog_exp.evaluation.review import findings_to_see, precision_at, review_figures

UNITS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.5, 3.0])), min_size=2, max_size=6)


def ranked(truth: str, scores):
    return steps(np.array([c == "#" for c in truth]), np.array(scores, dtype=float))


def test_cases_worked_out_by_hand():
    one = ranked("#.##......", range(10, 0, -1))
    assert precision_at(one, 10) == 3 / 10
    assert precision_at(one, 3) == 2 / 3
    # Nine tenths of three anomalies are three: the last is the fourth of the ranking.
    assert findings_to_see(one, 90) == 4
    figures, findings = review_figures(one, lines=200)
    assert figures == {
        "precision_at_10": 3 / 10,
        "r_precision": 2 / 3,
        "workload_90": 4 / 200 * 1000,
    }
    assert findings == 4


def test_ninety_per_cent_of_ten_are_nine_and_of_eleven_are_ten():
    assert findings_to_see(ranked("#" * 10 + ".", range(11, 0, -1)), 90) == 9
    assert findings_to_see(ranked("#" * 11 + ".", range(12, 0, -1)), 90) == 10


def test_precision_at_more_than_there_is_is_left_out():
    figures, _ = review_figures(ranked("#" + "." * 98, range(99, 0, -1)), lines=99)
    assert "precision_at_100" not in figures
    figures, _ = review_figures(ranked("#" + "." * 99, range(100, 0, -1)), lines=100)
    assert figures["precision_at_100"] == 0.01


def test_units_without_events_have_no_workload_per_event():
    assert "workload_90" not in review_figures(ranked("#.", [1, 0]), lines=0)[0]


def test_one_score_for_all_is_as_good_as_drawing_lots():
    truth = "#" * 5 + "." * 95
    figures, findings = review_figures(ranked(truth, [1.0] * 100), lines=1000)
    assert figures["precision_at_10"] == figures["r_precision"] == pytest.approx(0.05)
    assert findings == pytest.approx(5 * 101 / 6)


@settings(max_examples=100, deadline=None)
@given(UNITS, st.sampled_from([10, 50, 90, 100]))
def test_figures_are_the_means_over_all_orders_of_equal_scores(units, percent):
    truth, scores = zip(*units, strict=True)
    assume(any(truth))
    orders = [
        [anomalous for anomalous, _ in order]
        for order in permutations(units)
        if all(one[1] >= next_[1] for one, next_ in pairwise(order))
    ]
    by_score = steps(np.array(truth), np.array(scores))
    for k in range(1, len(units) + 1):
        assert precision_at(by_score, k) == pytest.approx(fmean(sum(o[:k]) / k for o in orders))
    wanted = -(-sum(truth) * percent // 100)
    places = [[i + 1 for i, anomalous in enumerate(o) if anomalous][wanted - 1] for o in orders]
    assert findings_to_see(by_score, percent) == pytest.approx(fmean(places))
