from __future__ import annotations

from dataclasses import asdict, astuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from anomalog_exp.detection.ranking import best_f1, steps
from anomalog_exp.evaluation.metrics import (
    Confusion,
    auroc,
    average_precision,
    confusion,
    f1_interval,
)

UNITS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5, 0.5000001, -3.0, 7.0])),
    min_size=2,
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(UNITS)
def test_every_figure_is_scikit_learns(units):
    true, predicted, scores = (np.array(column) for column in zip(*units, strict=True))
    assume(true.any() and not true.all())
    cells = confusion(true, predicted)
    assert asdict(cells) == dict(
        zip(["tn", "fp", "fn", "tp"], sk.confusion_matrix(true, predicted).ravel(), strict=True)
    )
    same = {"zero_division": 0}
    assert cells.precision == pytest.approx(sk.precision_score(true, predicted, **same))
    assert cells.recall == pytest.approx(sk.recall_score(true, predicted, **same))
    assert cells.f1 == pytest.approx(sk.f1_score(true, predicted, **same))
    assert cells.accuracy == pytest.approx(sk.accuracy_score(true, predicted))
    assert cells.mcc == pytest.approx(sk.matthews_corrcoef(true, predicted))
    ranked = steps(true, scores)
    assert auroc(ranked) == pytest.approx(sk.roc_auc_score(true, scores))
    assert average_precision(ranked) == pytest.approx(sk.average_precision_score(true, scores))
    f1, below = best_f1(true, scores)
    reached = {value: sk.f1_score(true, scores >= value, **same) for value in set(scores)}
    assert f1 == pytest.approx(max(reached.values()))
    assert sk.f1_score(true, scores > below, **same) == pytest.approx(f1)


def test_nothing_flagged_and_nothing_there_are_zero_not_errors():
    nothing = Confusion(0, 0, 0, 0)
    figures = (nothing.precision, nothing.recall, nothing.f1, nothing.accuracy, nothing.mcc)
    assert figures == (0.0,) * 5
    assert (nothing.false_positive_rate, nothing.specificity) == (0.0, 0.0)
    assert Confusion(0, 0, 5, 95).f1 == 0.0


def test_the_interval_is_that_of_resampled_units_and_the_seed_decides():
    cells = Confusion(40, 10, 20, 130)
    low, high = f1_interval(cells, 4000, seed=1)
    units = np.repeat([0, 1, 2, 3], astuple(cells))
    rng = np.random.default_rng(5)
    drawn = [np.bincount(rng.choice(units, 200), minlength=4) for _ in range(2000)]
    slow = [2 * tp / (2 * tp + fp + fn) for tp, fp, fn, _ in drawn]
    assert (low, high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.01)
    assert f1_interval(cells, 4000, seed=1) == (low, high)
    assert f1_interval(cells, 4000, seed=2) != (low, high)
    assert low < cells.f1 < high
