from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models.naive_bayes import Config
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import unfitted
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of

TEMPLATES = ["disk ok", "disk <*> failed", "<*>", "link up", "link up up", "link <*> <*> down"]
SEQUENCES = st.lists(st.sampled_from(TEMPLATES), max_size=6)
LABELLED = st.lists(st.tuples(SEQUENCES, st.sampled_from([-1, 0, 1])), max_size=8)


def phrases(template, max_n):
    tokens = template.split()
    grams = [tokens[i : i + n] for n in range(1, max_n + 1) for i in range(len(tokens) - n + 1)]
    told = [" ".join(gram) for gram in grams if set(gram) != {"<*>"}]
    return told if len(tokens) <= max_n else [template, *told]


def slow_scores(train, labels, test, known, *, max_n, smoothing, prior):
    """Log odds by Bayes' rule as it stands, in exact fractions up to the logarithm."""
    vocabulary = {phrase for template in known for phrase in phrases(template, max_n)}
    alpha = Fraction(smoothing)
    likelihood = {}
    for c in (0, 1):
        mine = [text for text, label in zip(train, labels, strict=True) if label == c]
        count = Counter(p for text in mine for template in text for p in phrases(template, max_n))
        total = sum(count.values()) + alpha * len(vocabulary)
        likelihood[c] = {phrase: (count[phrase] + alpha) / total for phrase in vocabulary}
    start = Fraction(labels.count(1), labels.count(0)) if prior == "empirical" else Fraction(1)
    scores = []
    for text in test:
        odds = start
        for template in text:
            for phrase in phrases(template, max_n):
                odds *= likelihood[1][phrase] / likelihood[0][phrase]
        scores.append(log(odds.numerator) - log(odds.denominator))
    return scores


def fit_and_score(
    train, labels, test, *, max_n=2, smoothing=1.0, prior="empirical", key_phrases=3, known=()
):
    both = sequence_set(
        [*train, *test], [*labels, *[-1] * len(test)], tested=len(test), templates=known
    )
    detector = unfitted(
        "naive_bayes", max_n=max_n, smoothing=smoothing, prior=prior, key_phrases=key_phrases
    )
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)


@settings(max_examples=80, deadline=None)
@given(
    LABELLED,
    st.lists(SEQUENCES, min_size=1, max_size=5),
    st.integers(1, 4),
    st.sampled_from([0.125, 0.5, 1.0, 3.0]),
    st.sampled_from(["empirical", "uniform"]),
)
def test_scores_are_those_of_the_slow_reference(labelled, test, max_n, smoothing, prior):
    labelled = [*labelled, (["disk ok"], 0), (["link up", "disk <*> failed"], 1)]
    train, labels = [text for text, _ in labelled], [label for _, label in labelled]
    options = {"max_n": max_n, "smoothing": smoothing, "prior": prior}
    detector, scored = fit_and_score(train, labels, test, known=TEMPLATES, **options)
    wanted = slow_scores(train, labels, test, TEMPLATES, **options)
    assert detector.score(scored) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1)])
def test_windows_that_overlap_train_and_are_scored_as_often_as_they_are_seen(grouping):
    dataset = sessions("aaab", "abcab", "bcada", "xbac", labels=[0, 1, 0, 1])
    whole = grouping.apply(dataset, chronological())
    train, test = whole.part(Split.TRAIN), whole.part(Split.TEST)
    options = {"max_n": 1, "smoothing": 1.0, "prior": "empirical"}
    detector = unfitted("naive_bayes", **options, key_phrases=0)
    detector.fit(train)
    wanted = slow_scores(
        texts_of(train), train.label.tolist(), texts_of(test), dataset.templates, **options
    )
    assert detector.score(test) == pytest.approx(wanted, rel=1e-12)


def test_single_tokens_worked_out_by_hand():
    # Normal: a twice, b once. Anomalous: b once, c once. Four phrases are known, x in no training.
    train, labels = ["aab", "bc", "aaaa"], [0, 1, -1]
    detector, test = fit_and_score(train, labels, ["a", "cb", "x", ""], smoothing=1.0)
    a, b, c, x = (1 / 6) / (3 / 7), (2 / 6) / (2 / 7), (2 / 6) / (1 / 7), (1 / 6) / (1 / 7)
    assert detector.score(test) == pytest.approx(
        [log(a), log(c * b), log(x), 0.0], rel=1e-12, abs=1e-12
    )


def test_phrases_of_templates_worked_out_by_hand():
    # Phrases of two tokens and less: ok, disk, "disk ok"; failed, disk, "disk <*>", "<*> failed" and
    # the whole template. Seven in all; training shows 2 * 3 normal ones and 5 anomalous ones.
    ok, failed = "disk ok", "disk <*> failed"
    detector, test = fit_and_score([[ok, ok], [failed]], [0, 1], [[ok], [failed], [failed, ok]])
    disk = (2 / 12) / (3 / 13)
    only_ok, only_failed = (1 / 12) / (3 / 13), (2 / 12) / (1 / 13)
    of_ok, of_failed = log(disk * only_ok**2), log(disk * only_failed**4)
    assert detector.score(test) == pytest.approx([of_ok, of_failed, of_ok + of_failed], rel=1e-12)
    assert detector.manifest()["phrases"] == 7


@pytest.mark.parametrize(("prior", "bias"), [("empirical", log(1 / 3)), ("uniform", 0.0)])
def test_the_prior_is_what_a_sequence_without_evidence_scores(prior, bias):
    train, labels = ["a", "ab", "b", "c", "c"], [0, 0, 0, 1, -1]
    detector, test = fit_and_score(train, labels, ["", "c"], prior=prior)
    assert detector.score(test)[0] == pytest.approx(bias, abs=1e-15)
    assert detector.manifest()["log_prior_odds"] == pytest.approx(bias, abs=1e-15)


def test_training_sequences_without_a_label_teach_nothing():
    with_them, test = fit_and_score(["ab", "xa", "xxx"], [0, 1, -1], ["abx", "x"])
    without, same = fit_and_score(["ab", "xa"], [0, 1], ["abx", "x"])
    assert with_them.score(test).tolist() == without.score(same).tolist()


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([0, 0, -1], r"\(0 anomalous and 2 normal of 3\)"),
        ([1, 1, 1], r"\(3 anomalous and 0 normal of 3\)"),
        ([-1, -1, -1], r"\(0 anomalous and 0 normal of 3\)"),
    ],
)
def test_one_class_cannot_train_it_and_the_reason_counts(labels, told):
    with pytest.raises(NotApplicable, match=f"naive_bayes needs both classes in train {told}"):
        fit_and_score(["a", "b", "c"], labels, ["a"])


def test_key_phrases_are_the_heaviest_of_each_side_with_their_log_ratio():
    # As worked out above: a weighs log 7/18, b log 7/6, c log 7/3, x log 7/6.
    detector, _ = fit_and_score(["aab", "bc"], [0, 1], ["x"], key_phrases=2)
    keys = detector.manifest()["key_phrases"]
    assert keys["normal"][0] == {"phrase": "a", "weight": pytest.approx(log(7 / 18))}
    assert keys["anomalous"][0] == {"phrase": "c", "weight": pytest.approx(log(7 / 3))}
    assert [len(side) for side in (keys["normal"], keys["anomalous"])] == [2, 2]
    assert [key["weight"] for key in keys["anomalous"]] == pytest.approx([log(7 / 3), log(7 / 6)])


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (1, 1), (100, 3)])
def test_the_manifest_names_no_more_phrases_than_asked_for_or_there_are(asked, given):
    detector, _ = fit_and_score(["ab", "c"], [0, 1], ["a"], key_phrases=asked)
    keys = detector.manifest()["key_phrases"]
    assert [len(keys["normal"]), len(keys["anomalous"])] == [given, given]


def test_evidence_is_the_phrases_for_anomalous_with_what_they_add():
    # Three phrases are known: a weighs log (1/5)/(3/6), b log (2/5)/(2/6), c log (2/5)/(1/6).
    detector, test = fit_and_score(["aab", "bc"], [0, 1], ["ccba", "a", ""], prior="uniform")
    found = detector.explain(test, 9)
    assert [[phrase for phrase, _ in one] for one in found] == [["c", "b"], [], []]
    assert [weight for _, weight in found[0]] == pytest.approx([2 * log(12 / 5), log(6 / 5)])
    against = log(2 / 5)
    assert sum(weight for _, weight in found[0]) + against == pytest.approx(detector.score(test)[0])
    assert detector.explain(test, 1) == [found[0][:1], [], []]


def test_odds_above_even_are_the_class_that_makes_the_sequence_likelier():
    train, labels = ["aab", "abb", "ccd", "cdd"], [0, 0, 1, 1]
    detector, test = fit_and_score(train, labels, ["ab", "cd", "aac", "cca"], prior="uniform")
    assert np.sign(detector.score(test)).tolist() == [-1, 1, -1, 1]


@pytest.mark.parametrize(
    ("option", "value"),
    [("max_n", 0), ("smoothing", 0.0), ("prior", "flat"), ("key_phrases", -1), ("max_n", 2.5)],
)
def test_options_out_of_bounds_are_refused(option, value):
    values = {
        "name": "naive_bayes",
        "max_n": 2,
        "smoothing": 1.0,
        "prior": "uniform",
        "key_phrases": 1,
    }
    values["decision"] = {"name": "posterior", "probability": 0.5}
    with pytest.raises(ConfigError, match=rf"model\.{option}: this value does not fit"):
        Config.of(values | {option: value}, "model")
