"""Every unit is in one bar, wherever it scores."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.report.figures.score_histogram import BINS, binned_scores, score_histogram
from anomalog_exp.results import ScoredUnits


def units(score, label) -> ScoredUnits:
    score = np.array(score, dtype=np.float64)
    return ScoredUnits(score, np.array(label, dtype=np.int8), score > 0.5)


def test_bars_by_hand():
    binned = binned_scores(units([0, 0.1, 0.6, 1], [0, 0, 1, -1]), threshold=0.5, bins=2)
    assert binned.edges.tolist() == [0, 0.5, 1]
    assert {label: n.tolist() for label, n in binned.counts.items()} == {
        0: [2, 0],
        1: [0, 1],
        -1: [0, 1],
    }


SCORES = {
    "all the same": np.zeros(100),
    "spread": np.random.default_rng(0).normal(size=1000),
    "a few far away": np.append(np.random.default_rng(0).random(1000), [1e9, -1e9]),
    "one": np.array([3.0]),
}


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("threshold", [-5.0, 0.5, 1e3])
def test_bars_hold_every_unit(score, threshold):
    label = np.arange(len(score)) % 3 - 1
    binned = binned_scores(units(score, label), threshold)
    assert len(binned.edges) == BINS + 1
    assert (np.diff(binned.edges) > 0).all()
    assert binned.edges[0] <= threshold <= binned.edges[-1]
    assert {k: n.sum() for k, n in binned.counts.items()} == {
        k: (label == k).sum() for k in binned.counts
    }
    assert sum(n.sum() for n in binned.counts.values()) == len(score)


def test_what_lies_far_away_does_not_squeeze_the_others():
    binned = binned_scores(units(SCORES["a few far away"], np.zeros(1002)), 0.5)
    assert binned.edges[-1] < 2
    assert (binned.counts[0] > 0).sum() > BINS // 2


def test_bars_are_shares_of_their_label():
    spec = score_histogram(units([0.1] * 98 + [0.9, 0.9], [0] * 98 + [1, 1]), 0.5).spec
    values = spec["layer"][0]["data"]["values"]
    assert [(v["label"], v["units"], v["share"]) for v in values] == [
        ("normal", 98, 1.0),
        ("anomalous", 2, 1.0),
    ]
