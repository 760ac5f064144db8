from __future__ import annotations

from collections import Counter
from functools import cache
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.sequencing import sequence_set

river = pytest.importorskip("river.naive_bayes", reason="needs the extra river")

VARIANTS = {
    "multinomial": river.MultinomialNB,
    "bernoulli": river.BernoulliNB,
    "complement": river.ComplementNB,
}
TEMPLATES = ["disk ok", "disk <*> failed", "<*>", "link up", "link up up"]
SEQUENCES = st.lists(st.sampled_from(TEMPLATES), max_size=6)
LABELLED = st.lists(st.tuples(SEQUENCES, st.sampled_from([-1, 0, 1])), max_size=8)


def phrases(template, max_n):
    tokens = template.split()
    grams = [tokens[i : i + n] for n in range(1, max_n + 1) for i in range(len(tokens) - n + 1)]
    told = [" ".join(gram) for gram in grams if set(gram) != {"<*>"}]
    return told if len(tokens) <= max_n else [template, *told]


def plain_scores(train, labels, test, *, variant, max_n, smoothing):
    """river by its own interface: texts to counts, one after the other in, one after the other out."""
    model = VARIANTS[variant](alpha=smoothing)
    for text, label in zip(train, labels, strict=True):
        if label >= 0:
            model.learn_one(Counter(p for t in text for p in phrases(t, max_n)), label)
    scores = []
    for text in test:
        found = model.joint_log_likelihood(Counter(p for t in text for p in phrases(t, max_n)))
        scores.append(found[1] - found[0])
    return scores


@cache
def config():
    return composed("model=river_naive_bayes").model


def fitted(train, labels, test, *, variant="multinomial", max_n=0, smoothing=1.0, known=()):
    both = sequence_set(
        [*train, *test], [*labels, *[-1] * len(test)], tested=len(test), templates=known
    )
    options = {"variant": variant, "max_n": max_n, "smoothing": smoothing}
    detector = config().model_copy(update=options).build_detector()
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)


@settings(max_examples=60, deadline=None)
@given(
    LABELLED,
    st.lists(SEQUENCES, min_size=1, max_size=5),
    st.sampled_from(sorted(VARIANTS)),
    st.integers(0, 3),
    st.sampled_from([0.125, 1.0, 3.0]),
)
def test_scores_are_the_log_odds_of_river_itself(labelled, test, variant, max_n, smoothing):
    labelled = [*labelled, (["disk ok"], 0), (["link up", "disk <*> failed"], 1)]
    train, labels = [text for text, _ in labelled], [label for _, label in labelled]
    options = {"variant": variant, "max_n": max_n, "smoothing": smoothing}
    detector, scored = fitted(train, labels, test, known=TEMPLATES, **options)
    wanted = plain_scores(train, labels, test, **options)
    assert detector.score(scored) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


# a stands twice in normal training and b once; b once and c once in anomalous; x nowhere.
HAND = {
    "multinomial": [
        log(1 / 2) + log((1 / 5) / (3 / 6)),
        log(1 / 2) + log((2 / 5) / (1 / 6)) + log((2 / 5) / (2 / 6)),
        log(1 / 2) + log((1 / 5) / (1 / 6)),
        log(1 / 2),
    ],
    # Two normal sequences and an anomalous one: shares of (n + 1) / (sequences + 2), there or absent.
    "bernoulli": [
        log(1 / 2) + log((1 / 3) / (2 / 4)) + log((1 / 3) / (2 / 4)) + log((1 / 3) / (3 / 4)),
        log(1 / 2) + log((2 / 3) / (2 / 4)) + log((2 / 3) / (2 / 4)) + log((2 / 3) / (1 / 4)),
        log(1 / 2) + log((2 / 3) / (2 / 4)) + log((1 / 3) / (2 / 4)) + log((1 / 3) / (3 / 4)),
        log(1 / 2) + log((2 / 3) / (2 / 4)) + log((1 / 3) / (2 / 4)) + log((1 / 3) / (3 / 4)),
    ],
}
HAND["complement"] = [score - log(1 / 2) for score in HAND["multinomial"]]


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_single_templates_worked_out_by_hand(variant):
    detector, test = fitted(["aa", "b", "bc"], [0, 0, 1], ["a", "cb", "x", ""], variant=variant)
    assert detector.score(test) == pytest.approx(HAND[variant], rel=1e-7)
    assert detector.manifest() == {
        "phrases": 3,
        "log_odds_of_none": pytest.approx(HAND[variant][3], rel=1e-7),
    }


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_sums_keep_no_order_but_every_sequence_counts(variant):
    train, labels = ["aab", "bc", "ab", "bc", "ccd"], [0, 1, 0, 0, 1]
    test = ["abcd", "a", "dd", "x"]
    detector, scored = fitted(train, labels, test, variant=variant)
    whole = detector.score(scored)
    turned, scored = fitted(train[::-1], labels[::-1], test, variant=variant, known="abcdx")
    assert turned.score(scored) == pytest.approx(whole, rel=1e-12)
    doubled, scored = fitted([*train, "aab"], [*labels, 0], test, variant=variant, known="abcdx")
    assert np.abs(doubled.score(scored) - whole).max() > 0.1


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_what_is_scored_is_not_learned(variant):
    detector, test = fitted(["aab", "bc"], [0, 1], ["ca", "cc", "cx"] * 20, variant=variant)
    assert detector.score(test).tobytes() == detector.score(test).tobytes()


def test_evidence_is_what_a_phrase_adds_and_sums_up_to_the_score():
    train, labels = ["aab", "bc"], [0, 1]
    detector, test = fitted(train, labels, ["ccba", "a", ""])
    found = detector.explain(test, 9)
    # Of a, b, c normal training shows 2, 1, 0 and anomalous 0, 1, 1; one more each, three kinds.
    assert [[phrase for phrase, _ in one] for one in found] == [["c", "b"], [], []]
    weights = [2 * log((2 / 5) / (1 / 6)), log((2 / 5) / (2 / 6))]
    assert [weight for _, weight in found[0]] == pytest.approx(weights)
    against = log((1 / 5) / (3 / 6))
    assert sum(weights) + against == pytest.approx(detector.score(test)[0])
    assert detector.explain(test, 1) == [found[0][:1], [], []]


def test_bernoulli_explains_by_presence_against_absence_whatever_the_number():
    detector, test = fitted(["a", "b"], [0, 1], ["bbb"], variant="bernoulli")
    ((phrase, weight),) = detector.explain(test, 9)[0]
    assert phrase == "b"
    assert weight == pytest.approx(log((2 / 3) / (1 / 3)) - log((1 / 3) / (2 / 3)))


def test_phrases_of_templates_explain_where_they_are_asked_for():
    train, labels = [["disk ok"], ["disk <*> failed"]], [0, 1]
    detector, test = fitted(train, labels, [["disk <*> failed"]], max_n=1)
    assert [text for text, _ in detector.explain(test, 9)[0]] == ["disk <*> failed", "failed"]


def test_log_odds_tell_apart_what_rivers_probabilities_do_not():
    detector, test = fitted(["a" * 30, "b" * 30], [0, 1], ["b" * 200, "b" * 300])
    scores = detector.score(test)
    assert scores[1] > scores[0] > 400
    model = river.MultinomialNB()
    model.learn_one({"a": 30}, 0)
    model.learn_one({"b": 30}, 1)
    assert [model.predict_proba_one({"b": n})[1] for n in (200, 300)] == [1.0, 1.0]


def test_training_without_any_event_is_an_outcome():
    with pytest.raises(NotApplicable, match=r"^river_naive_bayes needs events in train"):
        fitted(["", "", ""], [0, 1, 0], ["a"])


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("model.variant=gaussian", "'multinomial', 'bernoulli' or 'complement'"),
        ("model.max_n=-1", "greater than or equal to 0"),
        ("model.smoothing=0", "greater than 0"),
    ],
)
def test_options_out_of_bounds_are_refused(override, allowed):
    with pytest.raises(ConfigError, match=f"(?s)this value does not fit.*{allowed}"):
        load_run_config(["model=river_naive_bayes", override])
