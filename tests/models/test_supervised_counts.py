"""Supervised estimators on counts: distinct pairs of vector and class give what all sequences give."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from anomalog_exp.detection.trees import log_odds
from anomalog_exp.errors import NotApplicable
from tests.counting import fit, random_texts, rows

NAMES = ["logistic_regression", "linear_svm", "decision_tree", "random_forest", "gradient_boosting"]
TEST = [*random_texts(77, 30), "", "f", "ee", "abcdeabcde", "cccc"]


def labelled(seed):
    """Texts of which those with many e are anomalous, with one label in twelve the other way."""
    texts = random_texts(seed, 300)
    turned = np.random.default_rng(seed).random(300) < 1 / 12
    labels = [int((text.count("e") > 1) != turn) for text, turn in zip(texts, turned, strict=True)]
    return texts, labels


def probability(scores):
    return 1 / (1 + np.exp(-scores))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("class_weight", ["null", "balanced"])
def test_logistic_regression_is_that_of_all_sequences(seed, class_weight):
    texts, labels = labelled(seed)
    options = ["model=logistic_regression", "model.c=0.5", f"model.class_weight={class_weight}"]
    detector, test = fit(texts, TEST, *options, labels=labels)
    plain = LogisticRegression(
        C=0.5,
        tol=1e-10,
        max_iter=10_000,
        class_weight=None if class_weight == "null" else "balanced",
    ).fit(rows(texts), labels)
    assert detector.score(test) == pytest.approx(plain.decision_function(rows(TEST)), abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_linear_svm_is_that_of_all_sequences(seed):
    texts, labels = labelled(seed)
    detector, test = fit(texts, TEST, "model=linear_svm", "model.tolerance=1e-9", labels=labels)
    plain = LinearSVC(dual=False, tol=1e-9).fit(rows(texts), labels)
    assert detector.score(test) == pytest.approx(plain.decision_function(rows(TEST)), abs=1e-6)
    assert detector.own_threshold == 0.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("depth", "leaf"), [("null", 0.0), (2, 0.0), ("null", 0.1)])
def test_the_decision_tree_is_that_of_all_sequences(seed, depth, leaf):
    texts, labels = labelled(seed)
    options = [f"model.max_depth={depth}", f"model.min_leaf={leaf}", f"seed={seed}"]
    detector, test = fit(texts, TEST, "model=decision_tree", *options, labels=labels)
    plain = DecisionTreeClassifier(
        max_depth=None if depth == "null" else depth,
        min_samples_leaf=max(1, int(leaf * 300)),
        random_state=seed,
    ).fit(rows(texts), labels)
    wanted = plain.predict_proba(rows(TEST))[:, 1]
    assert probability(detector.score(test)) == pytest.approx(wanted, abs=1e-9)
    assert detector.manifest() == {"leaves": plain.get_n_leaves(), "depth": plain.get_depth()}


def test_the_random_forest_draws_as_from_all_sequences():
    texts, labels = labelled(1)
    detector, test = fit(texts, TEST, "model=random_forest", "model.trees=1000", labels=labels)
    plain = RandomForestClassifier(1000, random_state=1).fit(rows(texts), labels)
    found, wanted = probability(detector.score(test)), plain.predict_proba(rows(TEST))[:, 1]
    # By chance, forests of 1,000 trees differ by 0.01 here. Pairs drawn regardless of their numbers are
    # 0.26 off, and as many draws as there are pairs 0.05.
    assert np.abs(found - wanted).mean() < 0.02


@pytest.mark.parametrize("seed", range(2))
def test_gradient_boosting_is_that_of_all_sequences(seed):
    texts, labels = labelled(seed)
    options = ["model.trees=20", "model.min_leaf=20", "model.max_leaves=8"]
    detector, test = fit(texts, TEST, "model=gradient_boosting", *options, labels=labels)
    plain = HistGradientBoostingClassifier(
        max_iter=20, min_samples_leaf=20, max_leaf_nodes=8, early_stopping=False
    ).fit(rows(texts), labels)
    assert detector.score(test) == pytest.approx(plain.decision_function(rows(TEST)), rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_sequences_without_a_label_teach_nothing(name):
    texts, labels = labelled(0)
    with_them, test = fit([*texts, "ff", "f"], TEST, f"model={name}", labels=[*labels, -1, -1])
    without, same = fit(texts, TEST, f"model={name}", labels=labels)
    assert with_them.score(test).tolist() == without.score(same).tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("labels", [[0, 0, -1], [1, 1, 1], [-1, -1, -1]])
def test_one_class_cannot_train_them(name, labels):
    with pytest.raises(NotApplicable, match=f"^{name} needs both classes in train"):
        fit(["a", "b", "c"], ["a"], f"model={name}", labels=labels)


@pytest.mark.parametrize("name", NAMES)
def test_sequences_without_events_in_both_classes_are_scored(name):
    detector, test = fit(["", "", ""], ["", "ab"], f"model={name}", labels=[0, 0, 1])
    first, second = detector.score(test)
    # A balance of one in three, whatever the sequence holds.
    assert first == second
    assert first < 0


@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm"])
def test_what_a_template_adds_is_its_weight_times_its_count(name):
    texts, labels = labelled(0)
    detector, test = fit(texts, ["", "e", "ee", "eef"], f"model={name}", labels=labels)
    nothing, once, twice, unseen = detector.score(test)
    assert nothing == pytest.approx(detector.manifest()["bias"])
    assert unseen == twice
    assert detector.explain(test, 3) == [
        [],
        [("e", pytest.approx(once - nothing))],
        [("e", pytest.approx(twice - nothing))],
        [("e", pytest.approx(twice - nothing))],
    ]


@pytest.mark.parametrize("name", ["decision_tree", "random_forest"])
def test_what_splits_add_sums_up_to_the_probability(name):
    texts, labels = labelled(0)
    detector, test = fit(texts, TEST, f"model={name}", labels=labels)
    features = rows(TEST)
    parts = detector.parts(features)
    added = probability(detector.score(test)) - parts.sum(axis=1)
    # What is left is the share at the root, the same for all.
    assert np.ptp(added) < 1e-9
    assert added[0] == pytest.approx(np.mean(labels), abs=0.01)


def test_a_split_worked_out_by_hand():
    # One question, more than 1.5 e, takes the share of anomalous from a third to one or to none.
    texts, labels = ["ae", "b", "ee", "a", "eee", "bb"], [0, 0, 1, 0, 1, 0]
    detector, test = fit(texts, ["ee", "a"], "model=decision_tree", labels=labels)
    assert detector.score(test) == pytest.approx([27.631, -27.631], abs=1e-3)
    assert detector.explain(test, 2) == [[("e", pytest.approx(2 / 3))], []]


def test_shares_of_none_and_all_have_finite_odds():
    shares = np.array([[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])
    wanted = [np.log(1e-12), np.log(1 / 3), 0.0, -np.log(1e-12)]
    assert log_odds(shares) == pytest.approx(wanted)
