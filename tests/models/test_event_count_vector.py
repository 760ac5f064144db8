from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features import nearest_counts
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

TRAIN = st.lists(st.text("abc", max_size=9), min_size=1, max_size=8).filter(any)
TEXTS = st.lists(st.text("abcxy", max_size=9), min_size=1, max_size=6)


def slow_distance(one, other, weight):
    one, other = Counter(one), Counter(other)
    letters = {*one, *other}
    apart = sum(weight(letter) * abs(one[letter] - other[letter]) for letter in letters)
    most = sum(weight(letter) * max(one[letter], other[letter]) for letter in letters)
    return apart / most if most else 0.0


def weights(train, weighting):
    def idf(letter):
        return log(len(train) / max(sum(letter in text for text in train), 1))

    return idf if weighting == "tf_idf" else lambda letter: 1.0


@settings(max_examples=120, deadline=None)
@given(TRAIN, TEXTS, st.sampled_from(["counts", "tf_idf"]), st.sampled_from([1 << 21, 2000, 1]))
def test_scores_are_those_of_the_slow_reference_in_any_portions(train, test, weighting, cells):
    weight = weights(train, weighting)
    wanted = [min(slow_distance(text, one, weight) for one in train) for text in test]
    detector, scored = fitted("event_count_vector", train, test, f"weighting={weighting}")
    whole = detector.score(scored)
    assert whole == pytest.approx(wanted, abs=1e-11)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_counts, "_CELLS", cells)
        assert detector.score(scored).tobytes() == whole.tobytes()
    alone = [detector.score(scored.take(np.array([n])))[0] for n in range(len(test))]
    assert alone == whole.tolist()


@settings(max_examples=30, deadline=None)
@given(TRAIN.filter(lambda train: len(train) > 1), st.sampled_from([1 << 21, 2000, 1]))
def test_left_out_scores_are_those_of_the_others_in_any_portions(train, cells):
    detector, _ = fitted("event_count_vector", train, [])
    weight = weights(train, "counts")
    others = [[*train[:i], *train[i + 1 :]] for i in range(len(train))]
    wanted = [
        min(slow_distance(text, one, weight) for one in rest)
        for text, rest in zip(train, others, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_counts, "_CELLS", cells)
        scores = detector.left_out_scores(sequence_set(train, [0] * len(train)))
    assert scores == pytest.approx(wanted, abs=1e-11)


def test_weights_that_are_learned_promise_nothing():
    learned, _ = fitted("event_count_vector", ["ab", "ac"], [], "weighting=tf_idf")
    assert not learned.monotone
    assert learned.left_out_scores(sequence_set(["ab", "ac"], [0, 0])) is None


@settings(max_examples=60, deadline=None)
@given(TRAIN, TEXTS, st.sampled_from(["counts", "tf_idf"]))
def test_evidence_adds_up_to_the_distance(train, test, weighting):
    detector, scored = fitted("event_count_vector", train, test, f"weighting={weighting}")
    told = [sum(share for _, share in one) for one in detector.explain(scored, 9)]
    assert told == pytest.approx(detector.score(scored).tolist(), abs=1e-11)


def test_distances_worked_out_by_hand():
    train = ["aab", "aab", "bbbb"]
    detector, test = fitted("event_count_vector", train, ["baa", "aaab", "bbbx", "xy", "", "abbb"])
    # To aab: 0, 1/4; to bbbb: 2/5; nothing in common: 1; abbb is 2/5 from bbbb and 3/5 from aab.
    assert detector.score(test) == pytest.approx([0, 1 / 4, 2 / 5, 1, 1, 2 / 5], abs=1e-12)
    assert detector.manifest() == {"training_vectors": 2}
    told = detector.explain(test, 5)
    assert told[0] == []
    assert told[1] == [("a (3 times, nearest 2)", pytest.approx(1 / 4))]
    assert told[2] == [
        ("b (3 times, nearest 4)", pytest.approx(1 / 5)),
        ("x (1 times, nearest 0)", pytest.approx(1 / 5)),
    ]


def test_a_template_that_every_training_sequence_holds_weighs_nothing_under_idf():
    detector, test = fitted(
        "event_count_vector", ["ab", "ac", "ac"], ["aaaaab", "abc", "ax"], "weighting=tf_idf"
    )
    # b weighs ln 3, c ln 1.5; x as what one sequence holds.
    b, c = log(3), log(1.5)
    wanted = [0.0, min(c, b) / (b + c), 1.0]
    assert detector.score(test) == pytest.approx(wanted, abs=1e-12)


def test_the_threshold_is_how_far_the_farthest_training_sequence_is_from_the_others():
    # Of five, ab is 1/3 from aab and abb, and aabb 1/4: a rate of 0.01 allows none of them above.
    both = sequence_set(
        ["aab", "abb", "aab", "ab", "aabb", "aabbb", "xx", "aab"], [0] * 5 + [-1] * 3, tested=3
    )
    summary = run_model(model_config("event_count_vector"), both, progress=SILENT)
    assert summary.threshold == pytest.approx(1 / 3, abs=1e-12)
    assert summary.scores == pytest.approx([1 / 5, 1, 0], abs=1e-12)
    assert summary.predicted.tolist() == [False, True, False]
