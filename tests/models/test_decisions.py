"""Any detector takes any decision rule from the command line."""

from __future__ import annotations

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.models import model_names
from anomalog_exp.options.listing import option_names
from tests.backends import unless_missing

NEEDED = {"fixed": ["model.decision.value=1.5"]}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)
def test_the_rule_that_is_typed_takes_the_place_of_the_detectors_own(name):
    for rule in option_names("model/decision"):
        typed = [f"model={name}", f"model/decision={rule}", *NEEDED.get(rule, [])]
        config = load_run_config(typed).model
        assert config.decision.name == {"above_zero": "fixed"}.get(rule, rule)
