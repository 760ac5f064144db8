from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.sequencing import sequence_set

river = pytest.importorskip("river.anomaly", reason="needs the extra river")

TEXTS = st.lists(st.text("abcd", max_size=5), min_size=1, max_size=30)


def features(text, seen):
    """Counts in [0, 1]: of what training showed, in the order of the vocabulary, and of the rest."""
    counts = [text.count(letter) for letter in seen] + [sum(letter not in seen for letter in text)]
    return {place: count / (1 + count) for place, count in enumerate(counts)}


def plain_scores(train, test, *, trees, height, window_size, seed):
    """river by its own interface, every feature written out, one sequence after the other."""
    seen = [letter for letter in "abcdxyz" if any(letter in text for text in train)]
    model = river.HalfSpaceTrees(
        n_trees=trees, height=height, window_size=min(window_size, len(train)), seed=seed
    )
    for text in train:
        model.learn_one(features(text, seen))
    return [model.score_one(features(text, seen)) for text in test]


@cache
def config():
    return composed("model=half_space_trees").model


def fitted(train, test, *, trees=5, height=4, window_size=8, seed=0):
    both = sequence_set([*train, *test], tested=len(test), templates="abcdxyz")
    options = {"trees": trees, "height": height, "window_size": window_size, "seed": seed}
    detector = config().model_copy(update=options).build_detector()
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)


@settings(max_examples=60, deadline=None)
@given(
    TEXTS,
    st.lists(st.text("abcdx", max_size=5), min_size=1, max_size=6),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 12),
    st.integers(0, 3),
)
def test_scores_are_those_of_river_itself(train, test, trees, height, window_size, seed):
    train = ["ab", *train]
    options = {"trees": trees, "height": height, "window_size": window_size, "seed": seed}
    detector, scored = fitted(train, test, **options)
    assert detector.score(scored).tolist() == plain_scores(train, test, **options)


def test_one_halving_worked_out_by_hand():
    # Four times b, as 1/2, are all mass: 4 at the root and 2 * 4 below it, the largest total there is.
    # Ten b, as 10/11, fall on the same side, or a halving of b between the two leaves them the root's 4.
    told = set()
    for seed in range(20):
        detector, test = fitted(["b"] * 4, ["b", "b" * 10], trees=1, height=1, seed=seed)
        same, far = detector.score(test)
        assert same == 0.0
        told.add(far)
    assert detector.manifest() == {"features": 2, "window_size": 4}
    assert told == {0.0, 1 - 4 / 12}


def test_order_matters_as_only_the_latest_full_window_is_the_reference():
    old, new = ["aab"] * 8, ["ccd"] * 8
    detector, test = fitted([*old, *new], ["aab", "ccd"])
    before, after = detector.score(test)
    assert before > after
    turned, test = fitted([*new, *old], ["aab", "ccd"])
    before, after = turned.score(test)
    assert before < after


def test_a_window_that_is_not_full_is_not_yet_the_reference():
    known = ["aab", "ccd"]
    full, test = fitted([*known, *["aab"] * 6], ["aab", "ccd"])
    begun, test_ = fitted([*known, *["aab"] * 6, *["ccd"] * 7], ["aab", "ccd"])
    assert full.score(test).tolist() == begun.score(test_).tolist()
    over, test_ = fitted([*known, *["aab"] * 6, *["ccd"] * 8], ["aab", "ccd"])
    assert full.score(test).tolist() != over.score(test_).tolist()


def test_equal_sequences_each_fill_a_place_of_the_window():
    many, test = fitted(["aab"] * 7 + ["ccd"], ["aab", "ccd"])
    once, test_ = fitted(["aab", "ccd"], ["aab", "ccd"])
    assert np.ptp(many.score(test)) > np.ptp(once.score(test_)) == 0


def test_what_training_never_showed_is_one_feature_of_its_own():
    detector, test = fitted(["ab"] * 20, ["ab", "abx", "aby", "abxy", "abxx"], trees=25, height=6)
    known, x, y, both, twice = detector.score(test)
    assert known == 0.0
    assert 0 < x == y <= both == twice


def test_labels_are_not_read_and_the_seed_decides():
    train, test = ["abc", "aab", "cd", "abcd", "bd"] * 4, ["abc", "dddd", "x"]
    found = []
    for label, seed in ((0, 0), (1, 0), (0, 1)):
        both = sequence_set([*train, *test], [label] * 23, tested=3, templates="abcdxyz")
        seeded = composed("model=half_space_trees", f"seed={seed}").model
        assert seeded.seed == seed
        detector = seeded.build_detector()
        detector.fit(both.part(Split.TRAIN))
        found.append(detector.score(both.part(Split.TEST)).tolist())
    assert found[0] == found[1] != found[2]


def test_scoring_learns_nothing():
    detector, test = fitted(["aab"] * 8, ["ccd", "aab", "x"] * 30)
    first = detector.score(test)
    assert first.tobytes() == detector.score(test).tobytes()
    assert Counter(first.tolist()) == Counter(first[:3].tolist() * 30)


def test_training_without_any_event_is_an_outcome():
    with pytest.raises(NotApplicable, match=r"^half_space_trees needs events in train"):
        fitted(["", ""], ["a"])


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("model.trees=0", "greater than or equal to 1"),
        ("model.height=16", "less than or equal to 15"),
        ("model.window_size=0", "greater than or equal to 1"),
        ("model.seed=-1", "greater than or equal to 0"),
    ],
)
def test_options_out_of_bounds_are_refused(override, allowed):
    with pytest.raises(ConfigError, match=f"(?s)this value does not fit.*{allowed}"):
        load_run_config(["model=half_space_trees", override])
