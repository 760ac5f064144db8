from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features.expectations import Expectations
from anomalog_exp.features.transitions import transitions
from tests.grouping import grouped
from tests.logs import sessions


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(st.text("abcd", min_size=1, max_size=8), min_size=2, max_size=8),
    order=st.integers(1, 2),
)
def test_ranks_are_those_of_a_slow_table(texts, order):
    found = transitions(grouped(sessions(*texts)), order)
    kinds = found.symbols - 2
    keys, counts = np.unique(found.keys[: len(found.keys) // 2], return_counts=True)
    table = Counter(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
    overall = Counter()
    for key, count in table.items():
        overall[key % found.symbols] += count
    expected = Expectations.of(keys, counts, found.symbols)
    asked = found.keys[found.into_event]
    for key, rank in zip(asked.tolist(), expected.rank(asked).tolist(), strict=True):
        base = key - key % found.symbols
        order_ = sorted(range(kinds), key=lambda s: (-table[base + s], -overall[s], s))
        assert order_.index(key % found.symbols) == rank


def test_nothing_seen_ranks_by_code():
    empty = np.empty(0, dtype=np.int64)
    assert Expectations.of(empty, empty, 5).rank(np.array([0, 6, 12])).tolist() == [0, 1, 2]


def test_ends_are_never_expected():
    # Context 0: its end was seen nine times, symbol 1 once.
    expected = Expectations.of(np.array([1, 3]), np.array([1, 9]), 5)
    assert expected.rank(np.array([1])).tolist() == [0]


@pytest.mark.parametrize("keys", [[0, 1, 2]])
def test_ties_go_to_the_more_frequent_then_to_the_lower_code(keys):
    # Context 0 saw 0 and 1 once each; context 1 saw 1 twice more.
    expected = Expectations.of(np.array([0, 1, 6]), np.array([1, 1, 2]), 5)
    assert expected.rank(np.array(keys)).tolist() == [1, 0, 2]
