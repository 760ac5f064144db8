from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.templates.word_tree import WordTree

TEXTS = ["a <*> c", "<*> b c", "a b <*>", "a b c d", "", "<*>", "x <*> <*>", "<*> y z"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("a x c", "a <*> c"),
        ("x b c", "<*> b c"),
        ("a  b  d", "a b <*>"),
        ("a b c", "a <*> c"),  # three fit equally, the oldest is meant
        ("a b c d", "a b c d"),
        ("x y z", "<*> y z"),  # two words are more than one
        ("a b c e", None),
        ("a b", None),
        ("", ""),
        ("anything", "<*>"),
        ("<*>", "<*>"),
        ("a <*> c", "a <*> c"),
    ],
)
def test_templates_worked_out_by_hand(message, text):
    found = WordTree(TEXTS).find(message)
    assert (None if found is None else TEXTS[found]) == text


SENTENCES = st.lists(st.sampled_from(["a", "b", "<*>"]), max_size=4).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(SENTENCES, unique=True, max_size=12), SENTENCES)
def test_the_tree_finds_what_comparing_with_every_template_finds(texts, message):
    words = message.split()
    best = None
    for code, text in enumerate(texts):
        pairs = list(zip(text.split(), words, strict=False))
        if len(text.split()) == len(words) and all(a in ("<*>", b) for a, b in pairs):
            shared = sum(a != "<*>" for a, _ in pairs)
            if best is None or shared > best[0]:
                best = (shared, code)
    assert WordTree(texts).find(message) == (None if best is None else best[1])
