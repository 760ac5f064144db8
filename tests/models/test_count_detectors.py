"""Unsupervised estimators on counts: distinct vectors give what all sequences written out give."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from anomalog_exp.detection.count_detector import most_frequent, varying
from anomalog_exp.errors import NotApplicable
from tests.counting import config, fit, idf, random_texts, rows

TEST = ["aab", "", "f", "abcdeabcde", "cccc", "ba"]
SEEDS = pytest.mark.parametrize("seed", range(3))


def features(train, texts):
    """Weighted by idf, less the mean of training."""
    weights = np.array(idf(train))
    return rows(texts) * weights - (rows(train) * weights).mean(axis=0)


@SEEDS
def test_isolation_forest_draws_sequences_as_often_as_they_occur(seed):
    # Equal texts side by side, as rows are written out vector by vector.
    bags = ["".join(sorted(text)) for text in random_texts(seed, 400)]
    train = sorted(bags, key=bags.index)
    detector, test = fit(train, TEST, "model=isolation_forest", f"seed={seed}")
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed)
    forest.fit(rows(train)[:, :5].astype(np.float32))
    wanted = -forest.score_samples(rows(TEST)[:, :5])
    assert detector.score(test) == pytest.approx(wanted, rel=1e-11)
    assert detector.own_threshold == 0.5


def test_the_seed_of_the_run_is_that_of_the_forest_and_of_the_starts():
    for name in ("isolation_forest", "kmeans"):
        assert config(f"model={name}", "seed=3").seed == 3
    one, test = fit(random_texts(0, 400), TEST, "model=isolation_forest", "seed=1")
    other, _ = fit(random_texts(0, 400), TEST, "model=isolation_forest", "seed=2")
    assert one.score(test).tolist() != other.score(test).tolist()


def test_few_sequences_and_equal_ones_are_isolated_as_far_as_they_go():
    detector, test = fit(["ab", "ab"], TEST, "model=isolation_forest")
    assert len(set(detector.score(test).tolist())) == 1


@SEEDS
@pytest.mark.parametrize("nu", [0.03, 0.3])
def test_one_class_svm_of_weighted_vectors_is_that_of_all_sequences(seed, nu):
    train = random_texts(seed, 300)
    detector, test = fit(
        train, TEST, "model=one_class_svm", f"model.nu={nu}", "model.tolerance=1e-9"
    )
    seen = features(train, train)
    gamma = 1 / seen.var(axis=0).sum()
    plain = OneClassSVM(nu=nu, gamma=gamma, tol=1e-9).fit(seen)
    # libsvm's multipliers sum up to nu times sequences, the paper's to 1.
    wanted = -plain.decision_function(features(train, TEST)) / (nu * len(train))
    assert detector.score(test) == pytest.approx(wanted, abs=1e-7)
    outside = detector.score(fit(train, train, "model=one_class_svm")[1]) > 1e-6
    assert outside.mean() <= nu


def test_one_class_svm_leaves_the_rarest_vectors_out_beyond_its_limit():
    limit = ["model=one_class_svm", "model.max_vectors=2", "model.weighting=counts"]
    capped, test = fit(["ab"] * 5 + ["c"] + ["aab"] * 3, TEST, *limit)
    without, _ = fit(["ab"] * 5 + ["aab"] * 3, TEST, *limit)
    assert capped.manifest()["vectors_left_out"] == 1
    assert without.manifest()["vectors_left_out"] == 0
    # The mean that is taken away differs, which moves all vectors alike.
    assert capped.score(test) == pytest.approx(without.score(test), abs=1e-6)


@SEEDS
def test_local_outlier_factor_is_that_of_distinct_vectors(seed):
    train = random_texts(seed, 300)
    detector, test = fit(train, TEST, "model=local_outlier_factor", "model.neighbors=4")
    distinct = np.unique(features(train, train), axis=0)
    plain = LocalOutlierFactor(n_neighbors=4, novelty=True, algorithm="brute").fit(distinct)
    wanted = -plain.score_samples(features(train, TEST))
    assert detector.score(test) == pytest.approx(wanted, rel=1e-6)
    options = ["model=local_outlier_factor", "model.weighting=counts", "model.neighbors=4"]
    once, thrice = (fit(train * times, TEST, *options)[0].score(test) for times in (1, 3))
    assert thrice == pytest.approx(once, rel=1e-9)


@SEEDS
@pytest.mark.parametrize("neighbors", [1, 4, 20, 500])
def test_the_factor_is_that_of_scikit_learn_to_the_last_bit_with_ties_and_all(seed, neighbors):
    train = random_texts(seed, 300)
    options = ["model=local_outlier_factor", "model.weighting=counts", "model.normalization=none"]
    detector, _ = fit(train, TEST, *options, f"model.neighbors={neighbors}")
    distinct = np.unique(rows(train), axis=0)
    neighbors = min(neighbors, len(distinct) - 1)
    plain = LocalOutlierFactor(n_neighbors=neighbors, novelty=True, algorithm="kd_tree")
    asked = rows([*TEST, *train])
    wanted = -plain.fit(distinct).score_samples(asked)
    assert detector.score_vectors(asked).tolist() == wanted.tolist()
    assert detector.manifest() == {"distinct_vectors": len(distinct), "neighbors": neighbors}


def test_local_outlier_factor_needs_two_vectors():
    with pytest.raises(NotApplicable, match="local_outlier_factor needs two different vectors"):
        fit(["ab", "ba", "ab"], TEST, "model=local_outlier_factor", "model.weighting=counts")
    with pytest.raises(NotApplicable, match="all counts are the same"):
        fit(["ab", "aab"], TEST, "model=local_outlier_factor", "model.weighting=tf_idf")


@SEEDS
def test_centroids_are_means_of_all_sequences(seed):
    train = random_texts(seed, 300)
    options = ["model=kmeans", "model.clusters=3", "model.starts=50"]
    detector, test = fit(train, TEST, *options)
    # Of as many starts, both find the same best optimum.
    plain = KMeans(3, n_init=50, random_state=7).fit(features(train, train))
    distances = [
        min(np.linalg.norm(row - centroid) for centroid in plain.cluster_centers_)
        for row in features(train, TEST)
    ]
    assert detector.score(test) == pytest.approx(distances, rel=1e-6)


def test_the_distance_from_a_centroid_worked_out_by_hand():
    plain = ["model=kmeans", "model.weighting=counts", "model.normalization=none"]
    detector, test = fit(
        ["aa"] * 3 + ["aaaa"] + ["bbbbbbbb"], ["aaaaab", "bb"], *plain, "model.clusters=2"
    )
    # Centroids: a = 2.5 and b = 8.
    assert detector.score(test) == pytest.approx([(2.5**2 + 1) ** 0.5, (2.5**2 + 4) ** 0.5])
    assert detector.explain(test, 1) == [[("a", 6.25)], [("a", 6.25)]]


def test_fewer_vectors_than_clusters_are_a_cluster_each():
    detector, test = fit(
        ["ab", "aab", "ab"], ["ab", "aab"], "model=kmeans", "model.weighting=counts"
    )
    assert detector.manifest() == {"clusters": 2}
    assert detector.score(test) == pytest.approx([0.0, 0.0], abs=1e-12)


def test_the_most_frequent_are_the_first_of_equal_ones_in_order():
    assert most_frequent(np.array([2, 5, 2, 9, 2]), 3).tolist() == [0, 1, 3]
    assert most_frequent(np.array([1, 1]), 5).tolist() == [0, 1]


def test_columns_that_vary_are_those_a_tree_can_split_on():
    assert varying(np.array([[1.0, 0, 3], [1, 2, 3]])).tolist() == [1]
    assert varying(np.ones((2, 3))).tolist() == [0]
