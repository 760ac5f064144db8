from __future__ import annotations

from scipy.sparse import csr_matrix

from anomalog_exp.features.observations import observations


def test_rows_are_mappings_that_read_0_where_nothing_is_and_do_not_grow():
    first, second = observations(csr_matrix([[0.0, 2.5, 1.0], [0.0, 0.0, 0.0]]))
    assert dict(first) == {1: 2.5, 2: 1.0}
    assert first[0] == 0
    assert second[2] == 0
    assert len(first) == 2
    assert len(second) == 0


def test_no_rows_are_no_mappings():
    assert observations(csr_matrix((0, 4))) == []
