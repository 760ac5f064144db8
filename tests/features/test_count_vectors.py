from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features.count_vectors import count_vectors
from tests.sequencing import chronological, entity, sequence_set, texts_of

TEXTS = st.lists(st.text("abc", max_size=5), min_size=1, max_size=20)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_sequences_are_grouped_by_what_they_hold_in_whatever_order(texts):
    found = count_vectors(sequence_set(texts, templates="cba"))
    bags = [tuple(sorted(Counter(text).items())) for text in texts]
    kinds = list(dict.fromkeys(bags))
    assert found.group.tolist() == [kinds.index(bag) for bag in bags]
    assert found.count.tolist() == [bags.count(kind) for kind in kinds]
    assert found.vectors.toarray().tolist() == [
        [dict(kind).get(name, 0) for name in "cba"] for kind in kinds
    ]


def test_windows_of_sessions_are_taken_as_they_are():
    from tests.logs import sessions

    sequences = entity(2, 1).apply(sessions("abab", "bba"), chronological())
    assert texts_of(sequences) == [list(text) for text in ("ab", "ba", "ab", "bb", "ba")]
    found = count_vectors(sequences)
    assert found.group.tolist() == [0, 0, 0, 1, 0]
    assert found.vectors.toarray().tolist() == [[1, 1], [0, 2]]


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_nothing_counts_nothing(texts):
    found = count_vectors(sequence_set(texts, templates="ab"))
    assert found.vectors.shape == (min(1, len(texts)), 2)
    assert found.group.tolist() == [0] * len(texts)
    assert np.array_equal(found.count, [len(texts)][: len(texts)])
