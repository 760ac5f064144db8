from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from anomalog_exp.detection.decision import DecisionConfig
from anomalog_exp.detection.rule import Calibration
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models.template_frequency import Config

SCORES = np.array([5.0, 1.0, 2.0, 4.0, 3.0, 9.0, 8.0])
LABELS = np.array([0, 0, 0, -1, 0, 1, 1], dtype=np.int8)


def unasked(*_: object) -> tuple:
    raise AssertionError("this rule must not look here")


def known(scores=SCORES, label=LABELS, **more) -> Calibration:
    plain = {
        "log_odds": False,
        "own_threshold": None,
        "held_out": unasked,
        "left_out": unasked,
        "test": unasked,
        "part": "training",
    }
    return Calibration(**{"scored": lambda: (scores, label)} | plain | more)


def threshold(log_odds: bool = False, label=LABELS, **options) -> float:
    rule = TypeAdapter(DecisionConfig).validate_python(options)
    return rule.threshold(known(label=label, log_odds=log_odds))


@pytest.mark.parametrize(
    ("quantile", "wanted"),
    [(0.0, 1.0), (0.5, 3.0), (0.51, 4.0), (0.75, 4.0), (0.99, 5.0), (1.0, 5.0)],
)
def test_quantile_is_a_score_of_training_that_is_not_labelled_anomalous(quantile, wanted):
    assert threshold(name="quantile", quantile=quantile) == wanted


def test_quantile_needs_a_score_that_may_be_normal():
    with pytest.raises(
        NotApplicable, match=r"a training sequence that is not labelled anomalous \(all 7"
    ):
        threshold(name="quantile", quantile=0.9, label=np.ones(7, dtype=np.int8))


def test_fixed_is_what_is_given():
    assert threshold(name="fixed", value=-2.5) == -2.5


def test_posterior_is_the_log_odds_of_its_probability_and_needs_log_odds():
    assert threshold(True, name="posterior", probability=0.5) == 0.0
    assert threshold(True, name="posterior", probability=0.9) == pytest.approx(log(9))
    with pytest.raises(NotApplicable, match="posterior needs a detector whose scores are log odds"):
        threshold(name="posterior", probability=0.5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30), st.integers(0, 1000))
def test_at_least_the_share_asked_for_lies_at_or_below_a_quantile_and_no_score_less(scores, share):
    rule = TypeAdapter(DecisionConfig).validate_python(
        {"name": "quantile", "quantile": share / 1000}
    )
    found = rule.threshold(
        known(np.array(scores, dtype=float), np.zeros(len(scores), dtype=np.int8))
    )
    assert found in scores
    assert sum(score <= found for score in scores) * 1000 >= share * len(scores)
    # It is the least such rank: what lies below it is at most that share of the steps between.
    assert sum(score < found for score in scores) <= share * (len(scores) - 1) / 1000 + 1


@pytest.mark.parametrize("probability", [1e-12, 0.1, 0.5, 0.999, 1 - 1e-12])
def test_posterior_turns_back_into_its_probability(probability):
    odds = exp(threshold(True, name="posterior", probability=probability))
    assert odds / (1 + odds) == pytest.approx(probability, rel=1e-9)


def test_no_rule_reads_what_it_does_not_need():
    anomalous = np.ones(7, dtype=np.int8)
    assert threshold(True, label=anomalous, name="posterior", probability=0.5) == 0.0
    assert threshold(True, label=anomalous, name="fixed", value=1.5) == 1.5
    assert threshold(True, name="quantile", quantile=0.5) == 3.0


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (
            {"name": "quantile", "quantile": 1.01},
            r"model\.decision\.quantile: this value does not fit",
        ),
        ({"name": "quantile", "quantile": -0.01}, r"model\.decision\.quantile: this value"),
        ({"name": "posterior", "probability": 0.0}, r"model\.decision\.probability: this value"),
        ({"name": "posterior", "probability": 1.0}, r"model\.decision\.probability: this value"),
        ({"name": "fixed", "value": float("inf")}, r"model\.decision\.value: this value"),
        ({"name": "fixed"}, r"model\.decision\.value: a value is needed"),
        ({"name": "best"}, r"(?s)model\.decision\.name: .*allowed: fixed, quantile, contamination"),
        ({"name": "quantile", "value": 1.0}, r"model\.decision\.value: there is no such key"),
    ],
)
def test_rules_that_make_no_threshold_are_refused(decision, told):
    values = {"name": "template_frequency", "smoothing": 1.0, "decision": decision}
    with pytest.raises(ConfigError, match=told):
        Config.of(values, "model")


def rule(**options):
    return TypeAdapter(DecisionConfig).validate_python(options)


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.01, 9.0), (0.14, 9.0), (0.15, 8.0), (0.3, 5.0), (0.999, 1.0)]
)
def test_contamination_flags_at_most_its_share_of_all_training_scores(share, wanted):
    assert threshold(name="contamination", share=share) == wanted
    assert threshold(name="contamination", share=share, label=np.ones(7, dtype=np.int8)) == wanted
    assert sum(score > wanted for score in SCORES) <= share * 7


def test_false_positive_rate_looks_at_held_out_scores_alone():
    asked = []

    def held_out(share):
        asked.append(share)
        return np.arange(100.0)

    found = rule(name="false_positive_rate", rate=0.05, holdout=0.25).threshold(
        known(held_out=held_out)
    )
    assert asked == [0.25]
    assert found == 94.0  # 95 to 99 are the five in a hundred


@pytest.mark.parametrize(
    "options",
    [
        {"name": "fixed", "value": 1.5},
        {"name": "posterior", "probability": 0.5},
        {"name": "own"},
        {"name": "false_positive_rate", "rate": 0.5, "holdout": 0.2},
    ],
    ids=lambda options: options["name"],
)
def test_scores_of_training_are_computed_for_rules_that_look_at_them_alone(options):
    held_out = {"held_out": lambda _: np.arange(4.0)}
    found = rule(**options).threshold(
        known(scored=unasked, log_odds=True, own_threshold=0.5, **held_out)
    )
    assert np.isfinite(found)


def test_own_is_what_the_method_derived_or_does_not_apply():
    assert rule(name="own").threshold(known(own_threshold=0.25)) == 0.25
    with pytest.raises(NotApplicable, match="own needs a method that derives a threshold"):
        rule(name="own").threshold(known())


def test_best_f1_is_an_oracle_that_needs_both_classes_in_test():
    oracle = rule(name="best_f1")
    assert type(oracle).oracle
    assert not type(rule(name="own")).oracle
    scores, label = np.array([1.0, 2.0, 3.0, 4.0, 9.0]), np.array([0, 1, 0, 1, -1], dtype=np.int8)
    # By hand: above 1: 2 of 3 right, F1 0.8; above 3: 1 of 1, F1 0.667.
    assert oracle.threshold(known(test=lambda: (scores, label))) == 1.0
    flagged = oracle.threshold(known(test=lambda: (scores[1:4:2], label[1:4:2] * 0 + [0, 1])))
    assert flagged == 2.0
    with pytest.raises(NotApplicable, match="best_f1 needs both classes in test"):
        oracle.threshold(known(test=lambda: (scores, np.zeros(5, dtype=np.int8))))


def test_where_everything_is_best_flagged_the_lowest_score_is_above_the_threshold():
    scores, label = np.array([1.0, 2.0]), np.array([1, 0], dtype=np.int8)
    found = rule(name="best_f1").threshold(known(test=lambda: (scores, label)))
    assert found < 1.0
    assert np.isfinite(found)
