"""Counts of two sides: tails, dispersion, sizes and the correction, against slow and known ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom

from anomalog_exp.features.beta_binomial import two_sided_chance
from anomalog_exp.features.count_test import adjusted, count_test, sizes

FIVE_AND_ONE = np.array([False] * 5 + [True])


def compared(*counts, after=FIVE_AND_ONE, runs=(5, 1)):
    table = np.array(counts, dtype=float)
    return count_test(table, np.ones_like(table), after, runs)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 1999])
@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 1.0), (5.0, 25.0), (100.0, 500.0)])
def test_tails_are_those_of_the_beta_binomial_distribution(n, alpha, beta):
    ks = np.unique(np.linspace(0, n, 9).astype(int))
    own = two_sided_chance(
        ks.astype(float), *(np.full(len(ks), float(x)) for x in (n, alpha, beta))
    )
    law = betabinom(n, alpha, beta)
    for k, p in zip(ks, own, strict=True):
        above = k > n * alpha / (alpha + beta)
        tail = law.pmf(np.arange(k, n + 1) if above else np.arange(k + 1)).sum()
        assert p == pytest.approx(min(1.0, 2 * tail), rel=1e-6)


def test_tails_of_large_totals_go_on_where_the_exact_ones_end():
    n = np.array([2000.0, 2001.0])
    for share in (0.1, 0.17, 0.3):
        small, large = two_sided_chance(n * share, n, np.full(2, 50.0), np.full(2, 250.0))
        assert np.log(large) == pytest.approx(np.log(small), rel=0.15)


def test_correction_is_the_step_up_of_benjamini_and_hochberg():
    p = np.array([0.01, 0.04, 0.03, 0.005])
    # Sorted: .005 * 4, .01 * 2, .03 * 4/3, .04 * 1, each at most what follows.
    assert adjusted(p).tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert adjusted(np.empty(0)).tolist() == []


def test_one_new_line_in_one_run_of_six_cannot_be_tested():
    found = compared([0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 60], [50, 52, 49, 51, 50, 0])
    assert found.testable.tolist() == [False, True, True]
    assert found.p[0] == 1.0
    assert (found.p[1:] < 1e-4).all()
    assert found.ratio[1] > 1 > found.ratio[2]


def test_what_comes_in_bursts_needs_more_to_pass():
    steady = compared([50, 52, 49, 51, 50, 150])
    bursty = compared([2, 140, 5, 90, 13, 150])
    assert steady.p[0] < 1e-6
    assert bursty.p[0] > 0.1
    assert bursty.dispersion[0] > 10 * steady.dispersion[0]


def test_a_run_twice_as_long_is_no_change():
    counts = np.array([[40, 44, 41, 38, 42, 83], [10, 9, 11, 10, 12, 22]], dtype=float)
    size = np.array([1, 1, 1, 1, 1, 2.0])
    found = count_test(counts, np.broadcast_to(size, counts.shape), FIVE_AND_ONE, (5, 1))
    assert (found.p > 0.3).all()


def test_a_kind_that_floods_a_run_does_not_make_it_larger():
    rng = np.random.default_rng(1)
    counts = rng.poisson(50, (20, 6)).astype(float)
    counts[0, 5] = 100_000
    assert sizes(counts) == pytest.approx(np.ones(6), abs=0.1)
    few = np.array([[10.0, 10, 20], [30, 30, 60]])
    assert sizes(few) == pytest.approx([0.75, 0.75, 1.5])


@pytest.mark.parametrize("dispersion", [0.02, 0.3])
def test_usual_runs_pass_as_seldom_as_they_should(dispersion):
    rng = np.random.default_rng(7)
    mean = rng.lognormal(2.5, 1.5, 600)
    rate = rng.gamma(1 / dispersion, dispersion, (600, 6)) * mean[:, None]
    found = compared(*rng.poisson(rate))
    p = found.p[found.testable]
    assert len(p) > 300
    assert (p <= 0.05).mean() < 0.06
    assert (adjusted(p) <= 0.05).sum() <= 1


def test_blocks_of_one_run_leave_room_for_what_runs_differ_by():
    blocks = np.array([False] * 10 + [True] * 10)
    counts = [100] * 10 + [130] * 10
    of_runs = compared(counts, after=blocks, runs=(10, 10)).p[0]
    of_blocks = compared(counts, after=blocks, runs=(1, 1)).p[0]
    assert of_blocks > 0.05 > of_runs


def test_what_neither_side_could_have_is_not_tested():
    counts = np.array([[3.0, 4, 5, 4, 3, 0]])
    exposure = np.array([[3.0, 4, 5, 4, 3, 0]])
    found = count_test(counts, exposure, FIVE_AND_ONE, (5, 1))
    assert not found.testable[0]
    assert found.p[0] == 1.0
