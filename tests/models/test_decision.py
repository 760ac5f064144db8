from __future__ import annotations

from math import log

import numpy as np
import pytest
from pydantic import TypeAdapter

from anomalog_exp.errors import ConfigError
from anomalog_exp.models.decision import DecisionConfig

SCORES = np.array([5.0, 1.0, 2.0, 4.0, 3.0, 9.0, 8.0])
LABELS = np.array([0, 0, 0, -1, 0, 1, 1], dtype=np.int8)


def threshold(log_odds: bool = False, label=LABELS, **options) -> float:
    rule = TypeAdapter(DecisionConfig).validate_python(options)
    return rule.threshold(SCORES, label, log_odds=log_odds)


@pytest.mark.parametrize(
    ("quantile", "wanted"),
    [(0.0, 1.0), (0.5, 3.0), (0.51, 4.0), (0.75, 4.0), (0.99, 5.0), (1.0, 5.0)],
)
def test_quantile_is_a_score_of_training_that_is_not_labelled_anomalous(quantile, wanted):
    assert threshold(name="quantile", quantile=quantile) == wanted


def test_quantile_needs_a_score_that_may_be_normal():
    with pytest.raises(ConfigError, match="every training sequence is labelled anomalous"):
        threshold(name="quantile", quantile=0.9, label=np.ones(7, dtype=np.int8))


def test_fixed_is_what_is_given():
    assert threshold(name="fixed", value=-2.5) == -2.5


def test_posterior_is_the_log_odds_of_its_probability_and_needs_log_odds():
    assert threshold(True, name="posterior", probability=0.5) == 0.0
    assert threshold(True, name="posterior", probability=0.9) == pytest.approx(log(9))
    with pytest.raises(ConfigError, match="are no probabilities"):
        threshold(name="posterior", probability=0.5)
