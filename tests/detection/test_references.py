"""What a bounded number of references is, and that the promise of the conformal rule survives it."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection.references import drawn_references
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

NAMES = ["edit_distance", "event_count_vector"]


@pytest.mark.parametrize("at_most", [1, 3, 9])
def test_sequences_are_drawn_until_there_are_enough_distinct_ones_or_half_are_drawn(at_most):
    group = np.random.default_rng(0).integers(0, 10, 400)
    draws = [drawn_references(group, at_most, seed) for seed in range(20)]
    for drawn in draws:
        kept = len(np.unique(group[drawn]))
        assert kept == at_most or (kept < at_most and drawn.sum() == 200)
    assert len({drawn.tobytes() for drawn in draws}) == 20
    assert drawn_references(group, at_most, 3).tobytes() == draws[3].tobytes()


def test_half_of_training_is_not_drawn_even_if_more_distinct_ones_may_be_kept():
    assert drawn_references(np.arange(9), 7, 0).sum() == 4
    assert drawn_references(np.array([0, 1]), 1, 0).sum() == 1


@pytest.mark.parametrize("at_most", [None, 10, 11])
def test_all_are_kept_where_there_are_no_more(at_most):
    assert drawn_references(np.arange(30) % 10, at_most, 0) is None


def texts(count, random):
    return ["".join(random.choice(list("abcdef"), random.integers(4, 12))) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_distances_to_the_references_and_the_manifest_says_how_many(name):
    train = texts(60, np.random.default_rng(1))
    wide, test = fitted(name, train, [*train, "zz"], "max_references=5")
    kept = next(iter(wide.manifest().values()))
    assert wide.manifest()["drawn_from"] > kept == 5
    scores = wide.score(test)
    assert 1 <= (scores == 0).sum() < 30
    few = [text for text, score in zip(train, scores[:-1], strict=True) if not score]
    again, test = fitted(name, few, [*train, "zz"])
    assert again.score(test).tolist() == scores.tolist()
    assert "drawn_from" not in again.manifest()


@pytest.mark.parametrize("name", NAMES)
def test_the_rate_of_false_alarms_is_the_promised_one_when_references_are_drawn(name):
    random = np.random.default_rng(7)
    config = model_config(name, "max_references=10", "decision.rate=0.1")
    flagged = scores = 0
    for seed in range(60):
        both = sequence_set(texts(160, random), [0] * 160, tested=60)
        summary = run_model(config.model_copy(update={"seed": seed}), both, progress=SILENT)
        flagged += int(summary.predicted.sum())
        scores += 60
        told = summary.model_manifest
        assert told["calibrated_on"].startswith("training sequences that were not drawn")
        assert told["guarantee"].startswith("at most")
        # Vectors of two drawn sequences may be equal: one more is then drawn.
        assert 80 <= told["calibration_scores"] <= 90
    # Distances are often equal, so that fewer than the rate may lie above; 5 standard errors of means.
    assert 0.02 < flagged / scores < 0.1 + 0.03
