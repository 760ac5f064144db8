"""Features against plain Python over the sequences."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.features.counts import template_counts
from anomalog_exp.features.distinct import distinct
from anomalog_exp.features.phrases import phrase_matrix
from anomalog_exp.features.transitions import transitions
from tests.grouping import grouped
from tests.logs import sessions

TEXTS = st.lists(st.text("abcd", min_size=1, max_size=7), min_size=2, max_size=12)


def windows(texts: list[str], **options):
    return grouped(sessions(*texts), **options)


def as_text(sequences) -> list[str]:
    """Each sequence as the characters that its templates are."""
    characters = [sequences.dataset.templates[code] for code in sequences.templates]
    return [
        "".join(characters[a:b])
        for a, b in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_counts_of_templates_also_in_overlapping_windows(texts):
    for sequences in (windows(texts), windows(texts, window_size=3, step=1)):
        counts = template_counts(sequences)
        assert counts.dtype == np.float64
        assert counts.has_sorted_indices
        for row, text in zip(counts.toarray(), as_text(sequences), strict=True):
            wanted = Counter(text)
            assert row.tolist() == [wanted[name] for name in sequences.dataset.templates]


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_distinct_sequences_are_grouped_in_order_of_appearance(texts):
    sequences = windows(texts, window_size=2, step=1)
    shown = as_text(sequences)
    names = list(dict.fromkeys(shown))
    found = distinct(sequences)
    assert [shown[first] for first in found.first] == names
    assert found.group.tolist() == [names.index(text) for text in shown]
    assert found.count.tolist() == [shown.count(name) for name in names]
    assert distinct(sequences) is found


def test_sequences_whose_hashes_meet_are_still_told_apart(monkeypatch):
    from anomalog_exp.features import distinct as module

    true = module._hashes
    monkeypatch.setattr(
        module, "_hashes", lambda sequences, seed: true(sequences, seed) * np.uint64(seed > 1)
    )
    found = distinct(windows(["ab", "ba", "ab", "c"]))
    assert found.group.tolist() == [0, 1, 0, 2]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 3))
def test_transitions_name_each_context_and_what_follows(texts, order):
    sequences = windows(texts)
    found = transitions(sequences, order)
    names = [*sequences.dataset.templates, "$", "^"]
    wanted = []
    for text in as_text(sequences):
        padded = "^" * order + text + "$"
        wanted += [padded[i : i + order + 1] for i in range(len(text) + 1)]

    def told(key: int) -> str:
        letters = []
        for _ in range(order + 1):
            key, code = divmod(key, found.symbols)
            letters.append(names[code])
        return "".join(reversed(letters))

    assert [told(int(key)) for key in found.keys] == wanted
    assert np.diff(found.offsets).tolist() == [len(text) + 1 for text in as_text(sequences)]


def test_an_order_too_long_for_the_templates_is_refused_with_the_longest_that_fits():
    with pytest.raises(ConfigError, match=r"(?s)model.order: 4 templates.*allowed: 1 to 23"):
        transitions(windows(["abcd", "a"]), 24)
    assert len(transitions(windows(["abcd", "a"]), 23).keys) == 7


def test_phrases_worked_out_by_hand():
    matrix, phrases = phrase_matrix(["a <*> a", "<*>", "b"], 2)
    found = [
        {phrases[column]: value for column, value in zip(row.indices, row.data, strict=True)}
        for row in matrix
    ]
    assert found == [{"a <*> a": 1, "a": 2, "a <*>": 1, "<*> a": 1}, {}, {"b": 1}]
    assert phrases == ["a <*> a", "a", "a <*>", "<*> a", "b"]
