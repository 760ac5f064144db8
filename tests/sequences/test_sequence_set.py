from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.sequences.sequence_set import Split
from tests.grouping import grouped
from tests.logs import log_dataset, sessions
from tests.sequencing import (
    LOG_ROWS,
    chronological,
    entity,
    fixed,
    normal_only,
    rows_of,
    sequence_set,
    texts_of,
)


@settings(max_examples=80, deadline=None)
@given(LOG_ROWS, st.integers(1, 4), st.integers(1, 6), st.data())
def test_rows_and_templates_are_gathered_sequence_by_sequence(rows, size, step, data):
    assume(len(rows) >= size + step)
    dataset = log_dataset(rows)
    whole = fixed(size, step).apply(dataset, chronological(0.5, 0.1))
    chosen = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8))
    for sequences in (
        whole,
        whole.part(Split.TRAIN),
        whole.part(Split.TEST),
        whole.take(np.array(chosen, dtype=np.int64)),
    ):
        windows = rows_of(sequences)
        flat = [row for window in windows for row in window]
        assert sequences.rows.tolist() == flat
        assert sequences.templates.tolist() == [dataset.template[row] for row in flat]
        assert sequences.lengths.tolist() == [len(window) for window in windows]
        borders = [sum(map(len, windows[:n])) for n in range(len(windows) + 1)]
        assert sequences.offsets.tolist() == borders
        assert len(sequences) == len(windows)


@settings(max_examples=80, deadline=None)
@given(LOG_ROWS, st.integers(1, 900), st.integers(1, 900), st.booleans())
def test_the_three_parts_are_disjoint_and_add_up(rows, train, test, only_normal):
    names = {name for name, *_ in rows if name}
    assume(train + test <= 1000 and len(names) > 1 and -(-test * len(names) // 1000) < len(names))
    rows = [(name, template, time, 0) for name, template, time, _ in rows]
    split = (normal_only if only_normal else chronological)(train / 1000, test / 1000)
    whole = entity().apply(log_dataset(rows), split)
    parts = [set(whole.part(part).entity.tolist()) for part in Split]
    assert sum(len(part) for part in parts) == len(whole)
    assert set().union(*parts) == set(whole.entity.tolist())
    order = [Split.TRAIN, Split.IGNORED, Split.TEST]
    assert whole.split.tolist() == sorted(whole.split.tolist(), key=order.index)


def test_adjoining_sequences_are_a_view_and_overlapping_ones_repeat_their_events():
    dataset = sessions("abcdef")
    adjoining = fixed(2).apply(dataset, chronological())
    assert adjoining.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.shares_memory(adjoining.rows, adjoining.order)
    overlapping = fixed(4, 2).apply(dataset, chronological())
    assert overlapping.rows.tolist() == [0, 1, 2, 3, 2, 3, 4, 5]
    assert texts_of(overlapping) == [list("abcd"), list("cdef")]


def test_take_keeps_the_order_asked_for_and_carries_every_column():
    sequences = sequence_set(["ab", "", "cde", "a"], [0, -1, 1, 0], tested=1)
    taken = sequences.take(np.array([3, 2, 1]))
    assert texts_of(taken) == [["a"], ["c", "d", "e"], []]
    assert taken.rows.tolist() == [5, 2, 3, 4]
    assert taken.label.tolist() == [0, 1, -1]
    assert taken.split.tolist() == [Split.TEST, Split.TRAIN, Split.TRAIN]
    assert taken.entity.tolist() == [3, 2, 1]
    assert taken.order is sequences.order


@settings(max_examples=80, deadline=None)
@given(LOG_ROWS, st.integers(1, 4), st.integers(1, 6), st.integers(1, 12))
def test_portions_are_the_sequences_in_turn_and_as_large_as_asked_for(rows, size, step, events):
    assume(len(rows) >= size + step)
    whole = fixed(size, step).apply(log_dataset(rows), chronological(0.5, 0.1))
    for sequences in (whole, whole.part(Split.TRAIN), whole.take(np.array([], dtype=np.int64))):
        portions = list(sequences.portions(events))
        assert [one for part in portions for one in rows_of(part)] == rows_of(sequences)
        assert all(len(part) for part in portions) or len(portions) == 1
        # A portion ends with the sequence that reaches what was asked for.
        assert all(part.offsets[-1] < events + size for part in portions)


def test_a_mask_takes_the_same_as_its_indices():
    sequences = sequence_set(["ab", "c", "de"], [0, 1, 0])
    by_mask, by_index = sequences.take(sequences.label == 0), sequences.take(np.array([0, 2]))
    assert texts_of(by_mask) == texts_of(by_index) == [["a", "b"], ["d", "e"]]


def test_none_taken_is_an_empty_set_with_whole_arrays():
    none = sequence_set(["ab", "c"]).take(np.zeros(2, dtype=bool))
    assert len(none) == 0
    assert none.rows.tolist() == none.templates.tolist() == none.lengths.tolist() == []
    assert none.offsets.tolist() == [0]
    assert none.offsets.dtype == none.rows.dtype == np.int64
    assert none.templates.dtype == np.int32


def test_hidden_labels_hide_nothing_else_and_leave_the_original_alone():
    sequences = sequence_set(["ab", "c"], [0, 1], tested=1)
    hidden = sequences.unlabelled()
    assert hidden.label.tolist() == [-1, -1]
    assert sequences.label.tolist() == [0, 1]
    assert texts_of(hidden) == [["a", "b"], ["c"]]
    assert np.array_equal(hidden.split, sequences.split)


@pytest.mark.parametrize(
    ("config", "origin"),
    [
        (entity(2), None),
        (fixed(2), None),
        (entity(2, continuous_context=True), [0, 0, 0, 5, 5]),
        (entity(3, 1, continuous_context=True), [0, 0, 0, 5]),
        (entity(continuous_context=True), [0, 5]),
    ],
)
def test_context_carries_over_within_a_session_and_only_where_asked_for(config, origin):
    found = config.apply(sessions("abcde", "abc"), chronological())
    assert (found.origin if found.origin is None else found.origin.tolist()) == origin
    last = found.take(np.array([len(found) - 1]))
    assert (None if last.origin is None else last.origin.tolist()) == (origin and origin[-1:])


def test_the_report_of_sessions_cut_into_windows():
    rows = [
        *[("a", "x", 1, 0)] * 5,
        *[("b", "x", 2, -1)] * 1,
        *[("c", "x", 3, 0)] * 2,
        *[("d", "x", 4, 0), ("d", "x", 4, 0), ("d", "x", 4, 1)],
        (None, "x", 5, 1),
    ]
    found = entity(2).apply(log_dataset(rows), chronological(0.3, 0.25))
    assert rows_of(found) == [[0, 1], [2, 3], [4], [5], [6, 7], [8, 9], [10]]
    assert found.label.tolist() == [0, 0, 0, -1, 0, 0, 1]
    assert found.split.tolist() == [0, 0, 0, 0, 1, 2, 2]
    assert found.report == {
        "labels_from": "events",
        "sequence": {
            "name": "entity",
            "window_size": 2,
            "step": None,
            "continuous_context": False,
            "label_from": "any",
        },
        "requested": {"name": "chronological", "train_fraction": 0.3, "test_fraction": 0.25},
        "rows": 12,
        "rows_without_entity": 1,
        "units": {"pool": 4, "train": 2, "ignored": 1, "test": 1, "validation": 0},
        "realised": {"train_fraction": 0.5, "test_fraction": 0.25, "validation_fraction": 0.0},
        "sequences": {
            "pool": {"total": 7, "normal": 5, "anomalous": 1, "unlabelled": 1},
            "train": {"total": 4, "normal": 3, "anomalous": 0, "unlabelled": 1},
            "ignored": {"total": 1, "normal": 1, "anomalous": 0, "unlabelled": 0},
            "test": {"total": 2, "normal": 1, "anomalous": 1, "unlabelled": 0},
            "validation": {"total": 0, "normal": 0, "anomalous": 0, "unlabelled": 0},
        },
        "events": {"train": 6, "ignored": 2, "test": 3, "validation": 0},
    }
    assert json.loads(json.dumps(found.report)) == found.report


def test_the_report_of_overlapping_windows_counts_events_as_often_as_they_are_seen():
    found = fixed(4, 2).apply(sessions("abcdefghi", labels=[1]), chronological(0.4, 0.5))
    assert rows_of(found) == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]]
    report = found.report
    assert report["rows"] == 9
    assert report["rows_outside_windows"] == 1
    assert report["labels_from"] == "entities"
    assert report["units"] == {"pool": 3, "train": 1, "ignored": 0, "test": 2, "validation": 0}
    assert report["realised"] == {
        "train_fraction": 1 / 3,
        "test_fraction": 2 / 3,
        "validation_fraction": 0.0,
    }
    assert report["events"] == {"train": 4, "ignored": 0, "test": 8, "validation": 0}


def test_a_session_with_one_anomalous_window_does_not_train_as_normal():
    rows = [
        *[("a", "x", 1, 0), ("a", "x", 1, 0), ("a", "x", 1, 1), ("a", "x", 1, 0)],
        *[("b", "x", 2, 0), ("b", "x", 2, -1)],
        *[("c", "x", 3, 0)],
    ]
    found = entity(1).apply(log_dataset(rows), normal_only(0.6, 0.3))
    ignored, train, test = Split.IGNORED, Split.TRAIN, Split.TEST
    assert found.split.tolist() == [ignored] * 4 + [train] * 2 + [test]
    assert found.report["units"] == {
        "pool": 3,
        "train": 1,
        "ignored": 1,
        "test": 1,
        "validation": 0,
    }


def test_the_composed_options_group_as_the_ones_made_here():
    config = load_run_config(["sequence=entity", "sequence.window_size=2", "split=normal_only"])
    dataset = sessions("abc", "ab", "c", labels=[0, 0, 1])
    composed = config.sequence.apply(dataset, config.split)
    here = entity(2).apply(dataset, normal_only(0.5, 0.5))
    assert texts_of(composed) == texts_of(here) == [["a", "b"], ["c"], ["a", "b"], ["c"]]
    assert composed.split.tolist() == here.split.tolist() == [0, 0, 2, 2]


def test_events_that_may_not_train_are_left_out_of_overlapping_windows_too():
    whole = fixed(3, 2).apply(sessions("abcabca"), chronological(0.5, 0.5))
    assert whole.trainable() is whole
    masked = replace(whole, train_events=np.array([1, 0, 1, 1, 0, 0, 1], dtype=bool))
    trained = masked.trainable()
    assert rows_of(whole) == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    assert rows_of(trained) == [[0, 2], [2, 3], [6]]
    assert texts_of(trained.take(np.array([1]))) == [["c", "a"]]


def test_events_that_may_train_are_taken_out_of_their_context():
    rows = [("s", letter, i, -1) for i, letter in enumerate("abcdef")]
    stream = grouped(log_dataset(rows), "stream", chunk_size=3, continuous_context=True)
    assert stream.origin is not None
    masked = replace(stream, train_events=np.array([1, 0, 1, 0, 0, 1], dtype=bool))
    left = masked.trainable()
    assert rows_of(left) == [[0, 2], [5]]
    # Places in the old order mean nothing in the new one: nothing carries over.
    assert left.origin is None
