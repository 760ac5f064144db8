from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.features.grams import gram_matrix


def grams_of(templates, unit, n):
    matrix, grams = gram_matrix(templates, unit, n)
    assert matrix.shape == (len(templates), len(grams))
    assert matrix.dtype == np.float64
    return [
        {grams[column]: value for column, value in enumerate(row) if value}
        for row in matrix.toarray()
    ]


@pytest.mark.parametrize(
    ("template", "unit", "n", "grams"),
    [
        ("open the  file", "words", 1, {"open": 1, "the": 1, "file": 1}),
        ("a b\ta b", "words", 2, {"a b": 2, "b a": 1}),
        ("open", "words", 2, {"open": 1}),
        ("got <*> of <*>", "words", 1, {"got": 1, "of": 1}),
        ("got <*> <*>", "words", 2, {"got <*>": 1}),
        ("<*> <*>", "words", 1, {}),
        ("x=<*>", "words", 1, {"x=<*>": 1}),
        ("", "words", 1, {}),
        ("abab", "characters", 2, {"ab": 2, "ba": 1}),
        ("ab", "characters", 3, {"ab": 1}),
        ("a \t b", "characters", 2, {"a ": 1, " b": 1}),
        ("", "characters", 2, {}),
    ],
)
def test_grams_worked_out_by_hand(template, unit, n, grams):
    assert grams_of([template], unit, n) == [grams]


def test_templates_share_grams_and_the_first_to_show_one_places_it():
    matrix, grams = gram_matrix(["open file", "", "file x file"], "words", 1)
    assert grams == ["open", "file", "x"]
    assert matrix.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 2, 1]]
    assert gram_matrix([], "words", 1)[0].shape == (0, 0)
