from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features import counts as module
from anomalog_exp.features.counts import template_counts
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of

TEXTS = st.lists(st.text("abcd", max_size=7), max_size=12)


def slow_counts(sequences):
    names = sequences.dataset.templates
    counters = [Counter(text) for text in texts_of(sequences)]
    return [[float(counter[name]) for name in names] for counter in counters]


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_counts_are_those_of_the_slow_reference(texts):
    sequences = sequence_set(texts, templates="zdcba")
    assert template_counts(sequences).toarray().tolist() == slow_counts(sequences)


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1), entity(3, 2)])
def test_overlapping_and_gapped_windows_count_their_own_events(grouping):
    dataset = sessions("abca", "bb", "cabcabc", "d")
    sequences = grouping.apply(dataset, chronological())
    assert template_counts(sequences).toarray().tolist() == slow_counts(sequences)
    backwards = sequences.take(np.arange(len(sequences))[::-1])
    assert template_counts(backwards).toarray().tolist() == slow_counts(sequences)[::-1]


@pytest.mark.parametrize("events_at_once", [1, 5, 20])
def test_how_many_events_are_laid_out_at_a_time_changes_nothing(monkeypatch, events_at_once):
    sequences = entity(4, 1).apply(sessions("abcabca", "bb", "cabcabc", "d"), chronological())
    whole = template_counts(sequences)
    monkeypatch.setattr(module.scratch, "PORTION", events_at_once)
    parts = template_counts(sequences)
    assert parts.toarray().tolist() == slow_counts(sequences)
    assert parts.has_canonical_format
    for name in ("indptr", "indices", "data"):
        assert getattr(parts, name).dtype == getattr(whole, name).dtype
        assert np.array_equal(getattr(parts, name), getattr(whole, name))


def test_counts_are_sparse_sorted_and_added_up():
    counts = template_counts(sequence_set(["cacab", "", "bbbb"], templates="abc"))
    assert counts.dtype == np.float64
    assert counts.has_canonical_format
    assert counts.indptr.tolist() == [0, 3, 3, 4]
    assert counts.indices.tolist() == [0, 1, 2, 1]
    assert counts.data.tolist() == [2, 1, 2, 4]


def test_counting_leaves_the_sequences_as_they_were():
    # scipy adds up equal columns in place; codes and borders are shared with the sequences.
    sequences = sequence_set(["bbaa", "aaab"])
    before = sequences.templates.copy(), sequences.offsets.copy(), sequences.dataset.template.copy()
    first = template_counts(sequences).toarray().tolist()
    assert np.array_equal(sequences.templates, before[0])
    assert np.array_equal(sequences.offsets, before[1])
    assert np.array_equal(sequences.dataset.template, before[2])
    assert template_counts(sequences).toarray().tolist() == first


def test_no_sequences_count_nothing_in_every_template():
    assert template_counts(sequence_set([], templates="abc")).shape == (0, 3)
