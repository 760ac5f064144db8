"""What every decision rule promises, whichever it is."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from anomalog_exp.detection.decision import DecisionConfig
from anomalog_exp.detection.rule import Calibration, LeftOut
from anomalog_exp.errors import NotApplicable
from anomalog_exp.options.listing import conf_dir, option_names

RULES = option_names("model/decision")
UNITS = st.lists(
    st.tuples(st.integers(-20, 20), st.sampled_from([0, 0, 1, -1])), min_size=2, max_size=40
)


def rule(name: str):
    values = yaml.safe_load((conf_dir() / "model/decision" / f"{name}.yaml").read_text("utf-8"))
    if name == "fixed":
        values["value"] = 1.5
    return TypeAdapter(DecisionConfig).validate_python(values)


class Asked:
    """Scores of two parts, and what a rule asked for."""

    def __init__(self, train, test) -> None:
        self.train, self.test = train, test
        self.calls: list[str] = []

    def calibration(self, shift: float = 0.0) -> Calibration:
        scores, label = _arrays(self.train, shift)

        def held_out(share: float):
            self.calls.append("held_out")
            return scores[-max(1, int(share * len(scores))) :]

        def left_out(folds: int):
            self.calls.append("left_out")
            return LeftOut(scores[label != 1], "others", True)

        def test():
            self.calls.append("test")
            return _arrays(self.test, shift)

        return Calibration(
            lambda: (scores, label), True, 0.5 + shift, held_out, left_out, test, "training"
        )


def _arrays(units, shift):
    scores, label = zip(*units, strict=True)
    return np.array(scores, dtype=float) + shift, np.array(label, dtype=np.int8)


def threshold(name: str, calibration: Calibration) -> float | None:
    try:
        return rule(name).threshold(calibration)
    except NotApplicable as reason:
        assert str(reason)
        return None


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=50, deadline=None)
@given(train=UNITS, test=UNITS)
def test_a_threshold_is_one_finite_number_and_only_an_oracle_looks_at_the_test_part(
    name, train, test
):
    asked = Asked(train, test)
    found = threshold(name, asked.calibration())
    assert found is None or (isinstance(found, float) and np.isfinite(found))
    assert ("test" in asked.calls) == type(rule(name)).oracle


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=50, deadline=None)
@given(train=UNITS, test=UNITS)
def test_the_order_of_training_units_changes_no_threshold(name, train, test):
    if name == "false_positive_rate":
        return  # it holds out the last ones: their order is what it is about
    whole = threshold(name, Asked(train, test).calibration())
    assert threshold(name, Asked(train[::-1], test).calibration()) == whole


@pytest.mark.parametrize(
    "name", [name for name in RULES if name not in ("fixed", "above_zero", "posterior")]
)
@settings(max_examples=50, deadline=None)
@given(train=UNITS, test=UNITS, shift=st.integers(-5, 5))
def test_a_threshold_moves_with_the_scores(name, train, test, shift):
    found = threshold(name, Asked(train, test).calibration())
    moved = threshold(name, Asked(train, test).calibration(float(shift)))
    assert (found is None) == (moved is None)
    if found is not None:
        assert moved == pytest.approx(found + shift, abs=1e-9)
