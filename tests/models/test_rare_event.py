from __future__ import annotations

from dataclasses import replace
from math import exp, expm1, log, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features.severity import severity_weights
from tests.detectors import fitted
from tests.logs import log_dataset

TEXTS = st.lists(st.text("abcd", max_size=6), min_size=1, max_size=12).filter(any)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.text("abcdx", max_size=6), min_size=1, max_size=6))
def test_scores_are_those_of_the_slow_reference(train, test):
    detector, scored = fitted("rare_event", train, test, "severity=false")

    def nats(letter):
        return log((len(train) + 1) / max(sum(letter in text for text in train), 0.5))

    wanted = [log1p(sum(expm1(nats(letter)) for letter in set(text))) for text in test]
    assert detector.score(scored) == pytest.approx(wanted)


def test_a_template_of_its_own_is_as_rare_whether_or_not_its_sequence_trained():
    common = ["ab"] * 400
    alone, scored = fitted("rare_event", [*common, "abz"], ["abz", "ab"], "severity=false")
    unseen, same = fitted("rare_event", common, ["abz", "ab"], "severity=false")
    here, there = alone.score(scored), unseen.score(same)
    assert here[0] > here[1]
    assert abs(here[0] - there[0]) == pytest.approx(log(2), abs=0.01)
    assert alone.explain(scored, 1)[0][0][0] == "z"


def test_errors_weigh_more_by_their_level_else_by_their_words():
    log_of = log_dataset(
        [
            (None, "all is well", 0, -1),
            (None, "request failed", 1, -1),
            (None, "disk is slow", 2, -1),
            (None, "warning that says: timeout, failed", 3, -1),
            (None, "unfailing", 4, -1),
        ]
    )
    level = np.array([2, -1, 5, 4, -1], dtype=np.int8)
    weights = severity_weights(replace(log_of, level=level))
    assert weights.tolist() == [1.0, 1.3, 1.4, 1.3, 1.0]


def test_the_score_of_one_rare_template_is_hardly_more_where_others_are_a_bit_rare():
    train = ["a"] * 98 + ["ab", "abc"]
    detector, scored = fitted("rare_event", train, ["a", "ac", "abc"], "severity=false")
    usual, rare, both = detector.score(scored)
    assert usual < 0.02
    assert rare == pytest.approx(log(101), abs=0.001)
    assert both == pytest.approx(log(exp(log(101)) + exp(log(101 / 2)) - 1), abs=0.01)
