from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features.phrases import phrase_matrix


def phrases_of(templates, max_n):
    """Each template's phrases with their counts, as the matrix has them."""
    matrix, phrases = phrase_matrix(templates, max_n)
    assert matrix.shape == (len(templates), len(phrases))
    return [
        {phrases[column]: value for column, value in enumerate(row) if value}
        for row in matrix.toarray()
    ]


def slow_phrases(template, max_n):
    tokens = template.split()
    found: dict[str, int] = {}
    if len(tokens) > max_n:
        found[template] = 1
    for n in range(1, max_n + 1):
        for gram in zip(*(tokens[skip:] for skip in range(n)), strict=False):
            if set(gram) != {"<*>"}:
                found[" ".join(gram)] = found.get(" ".join(gram), 0) + 1
    return found


TEMPLATES = st.lists(
    st.lists(
        st.sampled_from(["open", "close", "<*>", "block", "x=<*>"]), min_size=1, max_size=6
    ).map(" ".join),
    max_size=8,
    unique=True,
)


@settings(max_examples=80, deadline=None)
@given(TEMPLATES, st.integers(1, 4))
def test_phrases_are_those_of_the_slow_reference(templates, max_n):
    wanted = [slow_phrases(template, max_n) for template in templates]
    assert phrases_of(templates, max_n) == wanted
    _, phrases = phrase_matrix(templates, max_n)
    assert phrases == list(dict.fromkeys(phrase for one in wanted for phrase in one))


@pytest.mark.parametrize(
    ("template", "max_n", "phrases"),
    [
        ("open", 2, {"open": 1}),
        ("open file", 1, {"open file": 1, "open": 1, "file": 1}),
        ("open file", 2, {"open": 1, "file": 1, "open file": 1}),
        ("a b a b", 2, {"a b a b": 1, "a": 2, "b": 2, "a b": 2, "b a": 1}),
        ("got <*> of", 2, {"got <*> of": 1, "got": 1, "of": 1, "got <*>": 1, "<*> of": 1}),
        ("<*> <*> x", 2, {"<*> <*> x": 1, "x": 1, "<*> x": 1}),
        ("size=<*>", 1, {"size=<*>": 1}),
        ("tab\tand  spaces", 1, {"tab\tand  spaces": 1, "tab": 1, "and": 1, "spaces": 1}),
        ("tab\tand", 2, {"tab": 1, "and": 1, "tab and": 1}),
        ("", 2, {"": 1}),
    ],
)  # fmt: skip
def test_phrases_worked_out_by_hand(template, max_n, phrases):
    assert phrases_of([template], max_n) == [phrases]


def test_templates_share_phrases_and_the_first_to_show_one_places_it():
    matrix, phrases = phrase_matrix(["open file", "close file", "file"], 1)
    assert phrases == ["open file", "open", "file", "close file", "close"]
    assert matrix.toarray().tolist() == [[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [0, 0, 1, 0, 0]]
    assert matrix.dtype == np.float64


def test_no_templates_have_no_phrases():
    matrix, phrases = phrase_matrix([], 2)
    assert matrix.shape == (0, 0)
    assert phrases == []
