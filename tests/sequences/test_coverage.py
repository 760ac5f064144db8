from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.sequences.coverage import any_overlap, meets, merged, union_size

RUNS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), max_size=8)


def ends(runs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([begin for begin, _ in runs], dtype=np.int64)
    return start, start + np.array([size for _, size in runs], dtype=np.int64)


def places(runs: list[tuple[int, int]]) -> list[set[int]]:
    return [set(range(begin, begin + size)) for begin, size in runs]


@settings(max_examples=300, deadline=None)
@given(RUNS, RUNS)
def test_runs_are_the_sets_of_their_places(runs, others):
    held, held_by_others = set().union(*places(runs)), set().union(*places(others))
    begin, end = merged(*ends(runs))
    assert set().union(*map(set, map(range, begin.tolist(), end.tolist()))) == held
    assert (end > begin).all()
    assert (begin[1:] > end[:-1]).all()
    assert union_size(*ends(runs)) == len(held)
    found = meets(*ends(others), merged(*ends(runs)))
    assert found.tolist() == [bool(one & held) for one in places(others)]
    assert any_overlap(*ends(others)) == (len(held_by_others) < sum(map(len, places(others))))
