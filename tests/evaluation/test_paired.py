"""Paired comparison against sums by hand and against units that are resampled one by one."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from anomalog_exp.evaluation.metrics import confusion
from anomalog_exp.evaluation.paired import Agreement, agreement, f1_difference, mcnemar


def units(cells: dict[str, int]) -> tuple[np.ndarray, ...]:
    """Arrays of label, first and second decision; `110` is anomalous, flagged by the first alone."""
    rows = [[digit == "1" for digit in cell] for cell, count in cells.items() for _ in range(count)]
    return tuple(np.array(rows).T)


@pytest.mark.parametrize(("one", "other"), [(10, 2), (2, 10), (0, 6), (5, 5), (1, 0), (40, 25)])
def test_mcnemar_is_the_sum_of_the_binomial_tails(one, other):
    # Who is right alone may be so on anomalous and on normal units.
    label, first, second = units({"110": one, "010": other, "111": 7, "000": 9})
    found = mcnemar(label, first, second)
    assert (found.only_first, found.only_second) == (one, other)
    tail = sum(comb(one + other, k) for k in range(min(one, other) + 1)) / 2 ** (one + other)
    assert found.p_value == pytest.approx(min(1.0, 2 * tail), rel=1e-12)


def test_mcnemar_of_equal_decisions_says_that_nothing_differs():
    label, first, _ = units({"111": 3, "010": 2, "000": 5})
    assert mcnemar(label, first, first).p_value == 1.0


def test_the_difference_is_that_of_the_two_f1():
    label, first, second = units({"111": 4, "110": 1, "101": 2, "100": 3, "010": 2, "000": 30})
    found = f1_difference(label, first, second, samples=500, seed=3)
    expected = confusion(label, second).f1 - confusion(label, first).f1
    assert found.value == pytest.approx(expected)
    # By hand: 2*6/(6+10) - 2*5/(7+10).
    assert found.value == pytest.approx(12 / 16 - 10 / 17)


def test_the_interval_is_that_of_units_resampled_one_by_one():
    label, first, second = units({"111": 20, "110": 4, "101": 15, "100": 6, "010": 5, "000": 150})
    found = f1_difference(label, first, second, samples=4000, seed=1)
    rng = np.random.default_rng(99)
    differences = []
    for _ in range(4000):
        drawn = rng.integers(len(label), size=len(label))
        cells = [confusion(label[drawn], one[drawn]).f1 for one in (first, second)]
        differences.append(cells[1] - cells[0])
    low, high = np.quantile(differences, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.012)
    assert found.high == pytest.approx(high, abs=0.012)
    assert found.samples == 4000


def test_the_interval_holds_the_true_difference_about_95_times_in_100():
    # Detectors of equal quality that err independently: the true difference is 0.
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        label = rng.random(400) < 0.3
        first, second = (label ^ (rng.random(400) < 0.1) for _ in range(2))
        found = f1_difference(label, first, second, samples=400, seed=0)
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / 300 <= 0.985


def test_a_seed_gives_the_same_interval_and_another_one_another():
    label, first, second = units({"111": 5, "110": 3, "101": 4, "000": 40, "001": 2})
    one, again = (f1_difference(label, first, second, samples=200, seed=7) for _ in range(2))
    assert one == again
    assert f1_difference(label, first, second, samples=200, seed=8) != one


def test_equal_decisions_differ_by_nothing():
    label, first, _ = units({"111": 5, "010": 3, "000": 40})
    found = f1_difference(label, first, first, samples=100, seed=0)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_kappa_of_an_example_by_hand():
    # Of 50 units: observed agreement 35/50, by chance (25*30 + 25*20)/2500 = 0.5.
    _, first, second = units({"011": 20, "010": 5, "001": 10, "000": 15})
    found = agreement(first, second)
    assert found == Agreement(20, 5, 10, 15, kappa=pytest.approx(0.4))


@pytest.mark.parametrize(
    ("cells", "kappa"),
    [
        ({"011": 4, "000": 6}, 1.0),
        ({"010": 5, "001": 5}, -1.0),
        ({"000": 5}, None),
        ({"011": 5}, None),
        ({"010": 5}, 0.0),
    ],
)
def test_kappa_at_its_ends(cells, kappa):
    _, first, second = units(cells)
    assert agreement(first, second).kappa == kappa
