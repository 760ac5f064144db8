"""Any detector takes any decision rule from the command line."""

from __future__ import annotations

import pytest

from anomalog_exp.models import model_names
from anomalog_exp.options.listing import option_names
from tests.backends import unless_missing
from tests.composed import composed

NEEDED = {"fixed": ["model.decision.value=1.5"]}


RULES = option_names("model/decision")
MODELS = model_names()
PAIRS = [(name, RULES[number % len(RULES)]) for number, name in enumerate(MODELS)]
PAIRS += [("markov", rule) for rule in RULES if ("markov", rule) not in PAIRS]


@pytest.mark.parametrize(
    ("name", "rule"),
    [pytest.param(*pair, marks=unless_missing("model", pair[0])) for pair in PAIRS],
)
def test_the_rule_that_is_typed_takes_the_place_of_the_detectors_own(name, rule):
    """Every detector takes one of the rules, in turn, and one detector takes them all."""
    typed = [f"model={name}", f"model/decision={rule}", *NEEDED.get(rule, [])]
    config = composed(*typed).model
    assert config.decision.name == {"above_zero": "fixed"}.get(rule, rule)
