"""Curves against hand-worked points, and thinned ones against the areas of whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection.ranking import steps
from anomalog_exp.evaluation.metrics import auroc, average_precision
from anomalog_exp.report.figures.curves import POINTS, Curves, overlaid_curves, thinned
from anomalog_exp.results import ScoredUnits


def units(score, label, threshold=0.5) -> ScoredUnits:
    score = np.array(score, dtype=np.float64)
    return ScoredUnits(score, np.array(label, dtype=np.int8), score > threshold)


def areas(curves: Curves) -> tuple[float, float]:
    """Under the drawn precision-recall steps, and under the drawn ROC line."""
    gained = np.diff(np.append(0.0, curves.recall))
    roc = np.trapezoid(curves.true_positive_rate, curves.false_positive_rate)
    return float((gained * curves.precision).sum()), float(roc)


def test_a_curve_by_hand():
    # Ranked: anomalous, normal, anomalous + normal of one score, normal; one is not labelled.
    curves = Curves.of(units([0.9, 0.8, 0.6, 0.6, 0.1, 0.7], [1, 0, 1, 0, 0, -1], threshold=0.65))
    assert curves.recall.tolist() == [0.5, 1.0]
    assert curves.precision.tolist() == [1.0, 0.5]
    assert curves.false_positive_rate == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])
    assert curves.true_positive_rate.tolist() == [0, 0.5, 0.5, 1, 1]
    assert curves.chosen == pytest.approx((0.5, 0.5, 1 / 3))
    assert curves.anomalous_share == pytest.approx(0.4)


@pytest.mark.parametrize("label", [[0, 0], [1, 1], [-1, -1]])
def test_one_class_has_no_curve(label):
    assert Curves.of(units([0.1, 0.9], label)) is None


@pytest.mark.parametrize("n", [50, 5_000, 200_000])
@pytest.mark.parametrize("share", [0.01, 0.3])
@pytest.mark.parametrize("ties", [None, 1])
def test_thinned_curves_keep_their_areas(n, share, ties):
    rng = np.random.default_rng(n)
    label = (rng.random(n) < share).astype(np.int8)
    label[:2] = 0, 1
    score = rng.normal(size=n) + 1.5 * label
    score = score if ties is None else score.round(ties)
    curves = Curves.of(units(score, label))
    assert max(len(curves.recall), len(curves.true_positive_rate)) <= POINTS + 2
    ranked = steps(label == 1, score)
    whole = average_precision(ranked), auroc(ranked)
    assert areas(curves) == pytest.approx(whole, abs=1e-3)


def test_thinning_keeps_the_ends_and_the_last_point_of_each_stretch():
    assert thinned(np.array([0.0, 0.1, 0.2]), 3).tolist() == [0, 1, 2]
    assert thinned(np.linspace(0, 1, 11), 3).tolist() == [0, 4, 9, 10]


def test_overlaid_curves_name_their_members_best_first():
    curves = Curves.of(units([0.9, 0.1], [1, 0]))
    spec = overlaid_curves([("b", curves), ("a", curves)]).spec
    assert spec["encoding"]["color"]["sort"] == ["b", "a"]
    assert {value["member"] for value in spec["data"]["values"]} == {"a", "b"}
