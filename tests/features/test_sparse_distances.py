from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist

from anomalog_exp.features.sparse_distances import distinct_positions, squared_distances


@pytest.mark.parametrize("seed", range(3))
def test_distances_are_those_of_dense_rows_and_equal_rows_are_at_0(seed):
    random = np.random.default_rng(seed)
    rows = random.poisson(0.3, (20, 50)) * random.random(50)
    others = np.concatenate((rows[:5], random.poisson(0.3, (7, 50)) * random.random(50)))
    found = squared_distances(csr_matrix(rows), csr_matrix(others))
    assert found == pytest.approx(cdist(rows, others, "sqeuclidean"), rel=1e-9)
    assert (found[np.arange(5), np.arange(5)] == 0).all()
    alone = squared_distances(csr_matrix(rows[3:4]), csr_matrix(others))
    assert alone.tobytes() == found[3:4].tobytes()


def test_a_row_is_known_by_its_columns_and_its_values():
    rows = csr_matrix(
        np.array([[1.0, 0, 2], [0, 1, 2], [1, 0, 2], [0, 0, 0], [1, 0, 3], [0, 0, 0]])
    )
    assert distinct_positions(rows).tolist() == [0, 1, 3, 4]
