from __future__ import annotations

import pytest

from anomalog_exp.features.word_sets import word_sets, words_of


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("disk <*> is full, node-<*> says", ["disk", "is", "full,", "says"]),
        ("a a b2 -- b", ["a", "b"]),
        ("größe é ٣x", ["größe", "é"]),
        ("<unknown>", ["<unknown>"]),
        ("E22", ["E22"]),
        ("<*> 17 --", ["<*> 17 --"]),
        ("", [""]),
        ("GET <*> [status=500, level=error]", ["GET", "status=500", "level=error"]),
        ("17 [status=500]", ["status=500"]),
        ("GET [size=<*>]", ["GET"]),
    ],
)
def test_words_have_a_letter_and_nothing_that_varies(template, words):
    assert words_of(template) == words


def test_a_row_for_each_template_has_its_words_in_order_of_the_columns():
    sets, words = word_sets(["b a b", "<*>", "c a", "a b"])
    assert words == ["b", "a", "<*>", "c"]
    assert sets.toarray().tolist() == [[1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0]]
    assert sets.has_sorted_indices
