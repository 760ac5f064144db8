from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.models.template_frequency import Config
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import unfitted
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of

LABELLED = st.lists(
    st.tuples(st.text("abcd", max_size=6), st.sampled_from([-1, 0, 1])), max_size=10
)
TEXTS = st.lists(st.text("abcdxy", max_size=6), min_size=1, max_size=6)
SMOOTHING = st.sampled_from([0.01, 0.5, 1.0, 7.0])


def slow_scores(train, labels, test, smoothing):
    seen = Counter(
        letter for text, label in zip(train, labels, strict=True) if label != 1 for letter in text
    )
    # One kind more than was seen stands for all that was not.
    total = sum(seen.values()) + smoothing * (len(seen) + 1)
    surprises = [[-log((seen[letter] + smoothing) / total) for letter in text] for text in test]
    return [sum(one) / len(one) if one else 0.0 for one in surprises]


def fit_and_score(train, labels, test, smoothing):
    both = sequence_set([*train, *test], [*labels, *[-1] * len(test)], tested=len(test))
    detector = unfitted("template_frequency", smoothing=smoothing)
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)


@settings(max_examples=80, deadline=None)
@given(LABELLED, TEXTS, SMOOTHING)
def test_scores_are_those_of_the_slow_reference(labelled, test, smoothing):
    train, labels = [text for text, _ in labelled], [label for _, label in labelled]
    detector, scored = fit_and_score(train, labels, test, smoothing)
    wanted = slow_scores(train, labels, test, smoothing)
    assert detector.score(scored) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1)])
def test_windows_that_overlap_train_and_are_scored_as_often_as_they_are_seen(grouping):
    whole = grouping.apply(sessions("aaab", "abcab", "bcada", "xbac"), chronological())
    train, test = whole.part(Split.TRAIN), whole.part(Split.TEST)
    detector = unfitted("template_frequency", smoothing=1.0)
    detector.fit(train)
    wanted = slow_scores(texts_of(train), [-1] * len(train), texts_of(test), 1.0)
    assert detector.score(test) == pytest.approx(wanted, rel=1e-12)


def test_five_events_worked_out_by_hand():
    # a 3 times and b twice of 5 events; two kinds and one for the rest: (n + 1) / 8.
    detector, test = fit_and_score(["aab", "ab"], [0, -1], ["a", "ab", "x", ""], 1.0)
    wanted = [log(8 / 4), (log(8 / 4) + log(8 / 3)) / 2, log(8 / 1), 0.0]
    assert detector.score(test) == pytest.approx(wanted, rel=1e-12)


def test_probabilities_of_what_was_seen_and_of_the_unseen_add_up_to_one():
    detector, test = fit_and_score(["aabc", "bd"], [0, 0], ["a", "b", "c", "d", "x"], 0.3)
    assert np.exp(-detector.score(test)).sum() == pytest.approx(1.0, rel=1e-12)


def test_anomalous_training_sequences_teach_nothing():
    with_them, test = fit_and_score(["ab", "xxxx", "a"], [0, 1, -1], ["abx", "x"], 1.0)
    without, same = fit_and_score(["ab", "a"], [0, -1], ["abx", "x"], 1.0)
    assert with_them.score(test).tolist() == without.score(same).tolist()


def test_events_that_may_not_train_teach_nothing():
    both = sequence_set(["aabx", "axb"], [1, -1], tested=1)
    masked = replace(both, train_events=np.array([1, 1, 1, 0, 1, 1, 1], dtype=bool))
    detector = unfitted("template_frequency", smoothing=1.0)
    detector.fit(masked.part(Split.TRAIN))
    # a twice and b once: (n + 1) / 6. The mask decides for each event, whatever its chunk's label.
    wanted = (log(6 / 3) + log(6 / 2) + log(6 / 1)) / 3
    assert detector.score(masked.part(Split.TEST)) == pytest.approx([wanted], rel=1e-12)


@pytest.mark.parametrize("labels", [[1, 1], [1, 0]])
def test_where_nothing_normal_trained_every_event_is_as_unlikely_as_any(labels):
    detector, test = fit_and_score(["ab", ""], labels, ["ab", "x", ""], 1.0)
    assert detector.score(test).tolist() == [0.0, 0.0, 0.0]


def test_evidence_is_what_lifts_a_sequence_above_the_average_event():
    detector, test = fit_and_score(["aab", "ab"], [0, 0], ["axxb", "bb", "a" * 50 + "x", ""], 1.0)
    average = (3 * log(8 / 4) + 2 * log(8 / 3)) / 5
    found = detector.explain(test, 2)
    # However often a comes: it is the most common of all.
    names = [[name for name, _ in one] for one in found]
    assert names == [["x", "b"], ["b"], ["x"], []]
    x, b = log(8) - average, log(8 / 3) - average
    assert found[0] == [("x", pytest.approx(2 * x)), ("b", pytest.approx(b))]
    a = log(8 / 4) - average
    above = [(2 * x + b + a) / 4, b, (50 * a + x) / 51]
    assert detector.score(test)[:3] - average == pytest.approx(above, rel=1e-9)
    assert detector.explain(test, 0) == [[], [], [], []]


def test_a_sequence_that_scores_above_the_average_event_has_evidence():
    detector, test = fit_and_score(["aab", "ab", "ac"], [0] * 3, ["abb", "aaac", "aaa", "c"], 1.0)
    average = np.mean(detector.score_events(sequence_set(["aabab" + "ac"], templates="abc")))
    above = detector.score(test) > average
    assert above.tolist() == [True, False, False, True]
    assert all(one for one, more in zip(detector.explain(test, 1), above, strict=True) if more)


@pytest.mark.parametrize("smoothing", [0, 0.0, -1.0, float("nan"), "1"])
def test_smoothing_that_makes_no_probability_is_refused(smoothing):
    values = {"name": "template_frequency", "decision": {"name": "quantile", "quantile": 0.9}}
    with pytest.raises(ConfigError, match=r"model\.smoothing: this value does not fit"):
        Config.of({**values, "smoothing": smoothing}, "model")
