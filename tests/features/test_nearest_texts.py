from __future__ import annotations

import pytest

from anomalog_exp.features import nearest_texts
from anomalog_exp.features.nearest_texts import Alphabet, NearestTexts
from tests.sequencing import sequence_set


@pytest.mark.parametrize("first", [1, 2, 32])
@pytest.mark.parametrize("at_once", [0, 64])
def test_of_several_as_near_the_nearest_in_length_counts_then_the_first(
    monkeypatch, first, at_once
):
    monkeypatch.setattr(nearest_texts, "_FIRST", first)
    monkeypatch.setattr(nearest_texts, "_AT_ONCE", at_once)
    known = NearestTexts(["aaaa", "bb", "ab", "abcabc"])
    # ba: 1/2 from bb and from ab. abc: 1/3 from ab, 3/6 from abcabc. xyz: 1 from all. abcab: 1/6.
    distance, nearest = known.search(["ba", "abc", "xyz", "abcab", "ab"])
    assert distance.tolist() == [1 / 2, 1 / 3, 1, 1 / 6, 0]
    assert nearest.tolist() == [1, 2, 0, 3, 2]


def test_nothing_matches_what_was_never_seen():
    both = sequence_set(["ab", "axy", "ayx", ""])
    alphabet = Alphabet.of(both.templates[:2], len(both.dataset.templates))
    texts = alphabet.texts(both)
    assert [len(text) for text in texts] == [2, 3, 3, 0]
    assert texts[1] == texts[2]
    assert texts[1][1] not in texts[0]
    assert alphabet.templates(texts[0]).tolist() == [0, 1]
