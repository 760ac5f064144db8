from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from anomalog_exp.features import nearest_sets
from anomalog_exp.features.nearest_sets import NearestSets

WORDS = 9
SETS = st.lists(
    st.frozensets(st.integers(0, WORDS - 1), min_size=1, max_size=6), unique=True, max_size=12
)


def matrix(sets) -> csr_matrix:
    columns = [word for one in sets for word in sorted(one)]
    borders = np.cumsum([0, *map(len, sets)])
    return csr_matrix((np.ones(len(columns)), columns, borders), shape=(len(sets), WORDS))


def slow(one, known):
    distances = [1 - len(one & other) / len(one | other) for other in known]
    return (min(distances), distances.index(min(distances))) if known else (1.0, -1)


# No word is seldom, some are, all are; all at once, and one by one.
@pytest.mark.parametrize(("met", "cells"), [(0, 1 << 21), (1, 1 << 21), (1, 1), (512, 1), (512, 7)])
@settings(max_examples=40, deadline=None)
@given(known=SETS, asked=SETS)
def test_the_first_of_the_nearest_is_that_of_all_pairs(met, cells, known, asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_sets, "_MET", met)
        patch.setattr(nearest_sets, "_CELLS", cells)
        found = NearestSets(matrix(known)).search(matrix(asked))
    wanted = [slow(one, known) for one in asked]
    assert list(zip(found.distance.tolist(), found.place.tolist(), strict=True)) == wanted
