from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from anomalog_exp.features.weighting import CountWeighting

TRAIN = [[2, 0, 1, 0], [0, 0, 3, 0], [2, 0, 1, 0], [1, 1, 1, 0]]
TEST = [[1, 2, 0, 1], [0, 0, 0, 0]]


def features(weighting: str, normalization: str, train=TRAIN, test=TEST) -> list[list[float]]:
    weights = CountWeighting.learned(
        csr_matrix(np.array(train, dtype=float)), np.ones(len(train), dtype=np.int64), weighting
    )
    return weights.dense(csr_matrix(np.array(test, dtype=float)), normalization).tolist()


def test_counts_stay_as_they_are():
    assert features("counts", "none") == TEST


def test_rare_templates_weigh_more_and_one_that_all_sequences_hold_nothing():
    # Held by 3, 1, 4 and 0 of the 4; the last weighs as if one held it.
    weights = [log(4 / 3), log(4), 0.0, log(4)]
    assert features("tf_idf", "none")[0] == pytest.approx(
        [count * weight for count, weight in zip(TEST[0], weights, strict=True)]
    )


def test_the_mean_of_training_is_taken_away():
    assert features("counts", "zero_mean") == [
        pytest.approx([1 - 1.25, 2 - 0.25, -1.5, 1.0]),
        pytest.approx([-1.25, -0.25, -1.5, 0.0]),
    ]


def test_the_sigmoid_leaves_zeros():
    assert features("counts", "sigmoid") == [
        pytest.approx([1 / (1 + exp(-1)), 1 / (1 + exp(-2)), 0, 1 / (1 + exp(-1))]),
        [0, 0, 0, 0],
    ]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(["counts", "tf_idf"]),
    st.sampled_from(["none", "zero_mean", "sigmoid"]),
)
def test_numbers_of_distinct_vectors_are_the_vectors_written_out(train, weighting, normalization):
    count = np.arange(1, len(train) + 1)
    written = [row for row, number in zip(train, count, strict=True) for _ in range(number)]
    vectors = csr_matrix(np.array(train, dtype=float))
    dense = CountWeighting.learned(vectors, count, weighting).dense(vectors, normalization)
    one_by_one = features(weighting, normalization, written, train)
    assert np.allclose(dense, one_by_one, rtol=1e-12)
