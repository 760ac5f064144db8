from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.features.row_space import row_space


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_rows_are_sums_of_orthonormal_axes_as_many_as_their_rank(rank):
    random = np.random.default_rng(rank)
    rows = random.normal(size=(6, rank)) @ random.normal(size=(rank, 40))
    along, axes = row_space(rows)
    assert axes.shape == (rank, 40)
    assert along @ axes == pytest.approx(rows, abs=1e-9)
    assert axes @ axes.T == pytest.approx(np.eye(rank), abs=1e-9)
    singular = np.linalg.svd(rows, compute_uv=False)[:rank]
    assert np.linalg.norm(along, axis=0) == pytest.approx(singular, rel=1e-6)


def test_rows_of_zeros_have_one_axis_without_length():
    along, axes = row_space(np.zeros((3, 5)))
    assert along.tolist() == [[0.0]] * 3
    assert axes.tolist() == [[0.0] * 5]
