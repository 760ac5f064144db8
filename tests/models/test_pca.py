from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.models.pca import q_statistic
from tests.counting import fit, idf, random_texts, rows

TEST = ["aab", "", "f", "abcdeabcde", "cccc"]


def slow(train, test, weights, variance):
    """Scores and residual variances, by the covariance of all sequences written out."""
    seen, asked = rows(train) * weights, rows(test) * weights
    mean = seen.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((seen - mean).T, bias=True))
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = next(k for k in range(1, 7) if values[:k].sum() >= variance * values.sum() - 1e-9)
    scores = []
    for row in asked:
        rest = row - mean
        for k in range(kept):
            rest = rest - (rest @ vectors[:, k]) * vectors[:, k]
        scores.append(rest @ rest)
    return scores, [value for value in values[kept:] if value > 1e-12]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighting", ["tf_idf", "counts"])
@pytest.mark.parametrize("variance", [0.5, 0.95])
def test_scores_and_threshold_are_those_of_all_sequences_written_out(seed, weighting, variance):
    train = random_texts(seed, 300)
    detector, test = fit(
        train, TEST, "model=pca", f"model.weighting={weighting}", f"model.variance={variance}"
    )
    weights = idf(train) if weighting == "tf_idf" else [1.0] * 6
    scores, left = slow(train, TEST, weights, variance)
    assert detector.score(test) == pytest.approx(scores, rel=1e-9, abs=1e-12)
    assert detector.own_threshold == pytest.approx(q_statistic(np.array(left), 0.001), rel=1e-9)
    explained = detector.explain(test, 6)
    assert [sum(weight for _, weight in told) for told in explained] == pytest.approx(
        scores, rel=1e-9, abs=1e-12
    )


def test_scores_are_the_same_to_the_last_bit_in_any_company():
    detector, test = fit(random_texts(0, 300), random_texts(1, 40), "model=pca")
    features = detector.features(count_vectors(test).vectors)
    whole = detector.score_vectors(features)
    for size in (1, 2, 7):
        parts = [features[i : i + size] for i in range(0, len(features), size)]
        assert (
            np.concatenate([detector.score_vectors(part) for part in parts]).tolist()
            == whole.tolist()
        )


def test_centring_features_that_are_centred_already_changes_nothing():
    train = random_texts(0, 100)
    one, test = fit(train, TEST, "model=pca", "model.normalization=none")
    other, _ = fit(train, TEST, "model=pca", "model.normalization=zero_mean")
    assert one.score(test) == pytest.approx(other.score(test), rel=1e-9, abs=1e-12)


def test_a_residual_worked_out_by_hand():
    # Training lies on the line a = b; "aa" is half of (2, 0) away from it, (1, -1), at 2.
    detector, test = fit(["ab", "aabb", "", "aaabbb"], ["aa", "aaaabbbb"], *PLAIN)
    assert detector.score(test) == pytest.approx([2.0, 0.0])
    assert detector.explain(test, 2) == [
        [("a", pytest.approx(1.0)), ("b", pytest.approx(1.0))],
        [],
    ]


PLAIN = ["model=pca", "model.weighting=counts"]


@pytest.mark.parametrize("train", [["ab", "aabb", "aaabbb"], ["abc"] * 5])
def test_training_without_residual_has_threshold_0_and_scores_exactly_that(train):
    detector, test = fit(train, [*train, "c"], *PLAIN)
    assert detector.own_threshold == 0.0
    scores = detector.score(test)
    assert scores[:-1].tolist() == [0.0] * len(train)
    assert scores[-1] > 0


def test_the_q_statistic_is_that_of_jackson_and_mudholkar():
    # Three equal variances: h0 = 1 - 2 * 3 * 3 / (3 * 9) = 1/3.
    c = norm.isf(0.001)
    wanted = 3 * (1 + c * (2 * 3 / 9) ** 0.5 / 3 + 3 * (1 / 3) * (-2 / 3) / 9) ** 3
    assert q_statistic(np.ones(3), 0.001) == pytest.approx(wanted, rel=1e-12)
    # The power transform is accurate for what it approximates here, a sum of three squares.
    assert q_statistic(np.ones(3), 0.001) == pytest.approx(chi2.isf(0.001, 3), rel=0.02)


def test_one_large_and_many_small_variances_take_the_approximation_of_box():
    variances = np.array([1.0] + [0.01] * 1000)
    first, second = variances.sum(), (variances**2).sum()
    wanted = second / first * chi2.isf(0.05, first**2 / second)
    assert q_statistic(variances, 0.05) == pytest.approx(wanted, rel=1e-9)
    drawn = np.random.default_rng(0).normal(size=(20_000, 1001)) ** 2 @ variances
    assert (drawn > q_statistic(variances, 0.05)).mean() == pytest.approx(0.05, abs=0.02)
