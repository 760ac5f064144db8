"""Pieces of sequences against the same done one by one."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from anomalog_exp.features.pieces import pieces_of
from tests.sequencing import sequence_set, texts_of


def cut(text: list[str], longest: int) -> list[list[str]]:
    parts = -(-len(text) // longest)
    borders = [nth * len(text) // parts for nth in range(parts)] + [len(text)]
    return [text[begin:end] for begin, end in pairwise(borders)]


@pytest.mark.parametrize("longest", [1, 3, 4, 100])
def test_pieces_are_those_of_each_sequence_and_equal_ones_are_one(longest):
    texts = ["abcabc", "", "abc", "abcabca", "c", "abc"]
    sequences = sequence_set(texts, templates=list("cba"))
    found = pieces_of(sequences, np.array([5, 3, 1], dtype=np.int32), longest)
    number = {"c": 5, "b": 3, "a": 1}
    wanted = [
        [tuple(number[letter] for letter in piece) for piece in cut(text, longest)] if text else []
        for text in texts_of(sequences)
    ]
    different = [tuple(found.symbols[begin:end].tolist()) for begin, end in pairwise(found.offsets)]
    assert len(set(different)) == len(different)
    there = [different[one] for one in found.piece]
    borders = found.sequence_borders
    assert [there[begin:end] for begin, end in pairwise(borders)] == wanted
    counted = Counter(piece for one in wanted for piece in one)
    assert dict(zip(different, found.count.tolist(), strict=True)) == counted
    events = [number[letter] for text in texts_of(sequences) for letter in text]
    assert found.symbols[found.place].tolist() == events
    assert np.diff(found.borders).tolist() == [len(piece) for piece in there]


def test_windows_that_overlap_are_cut_each_for_itself():
    whole = sequence_set(["abcde"])
    twice = whole.take(np.array([0, 0]))
    found = pieces_of(twice, np.arange(5, dtype=np.int32), 3)
    assert found.piece.tolist() == [0, 1, 0, 1]
    assert found.count.tolist() == [2, 2]
    assert found.symbols[found.place].tolist() == [0, 1, 2, 3, 4] * 2
