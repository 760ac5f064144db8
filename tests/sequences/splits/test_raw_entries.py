"""Splits of raw entries, worked out by hand and against plain Python."""

from __future__ import annotations

from itertools import groupby
from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from tests.grouping import grouped, rows_of, slow_sessions, splits_of
from tests.logs import log_dataset

# Rows:      0    1    2    3    4    5    6    7
ENTITIES = ["a", "b", "a", "b", "c", "a", "c", "d"]
LABELS = [0, 0, 1, 0, 0, 0, 1, 0]
ROWS = [
    (entity, "x", time, label)
    for time, (entity, label) in enumerate(zip(ENTITIES, LABELS, strict=True))
]


def split(
    name: str, policy: str = "split_partial_sequences", order: str = "before_grouping", **figures
):
    found = grouped(
        log_dataset(ROWS), "entity", name, application_order=order,
        straddling_group_policy=policy, **figures,
    )  # fmt: skip
    return list(zip(rows_of(found), splits_of(found), strict=True)), found


# Sessions: a = 0 2 5, b = 1 3, c = 4 6, d = 7.
BY_HAND = [
    (
        "split_partial_sequences",
        [
            ([0, 2], "train"),
            ([5], "test"),
            ([1, 3], "train"),
            ([4], "train"),
            ([6], "test"),
            ([7], "test"),
        ],
    ),
    (
        "assign_by_first_event",
        [([0, 2, 5], "train"), ([1, 3], "train"), ([4, 6], "train"), ([7], "test")],
    ),
    (
        "assign_by_last_event",
        [([0, 2, 5], "test"), ([1, 3], "train"), ([4, 6], "test"), ([7], "test")],
    ),
    ("drop_straddlers", [([1, 3], "train"), ([7], "test")]),
]


@pytest.mark.parametrize(("policy", "wanted"), BY_HAND)
@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("prefix_count", {"train_entry_count": 5}),
        ("prefix_fraction", {"train_entry_fraction": 0.56}),
    ],
)
def test_each_policy_worked_out_by_hand(name, figures, policy, wanted):
    found, sequences = split(name, policy, **figures)
    assert found == wanted
    report = sequences.report
    assert report["cutoff_row"] == 5
    assert report["rows_by_part"] == {"train": 5, "ignored": 0, "test": 3, "validation": 0}
    assert report["straddlers"] == 2
    assert report["straddlers_dropped"] == (2 if policy == "drop_straddlers" else 0)


NORMAL_BY_HAND = [
    # Four of six normal rows train: 0, 1, 3, 4; row 2 is met on the way and ignored.
    (
        "split_partial_sequences",
        [([0], "train"), ([2], "ignored"), ([5], "test"), ([1, 3], "train"), ([4], "train"), ([6], "test"),
         ([7], "test")],
    ),
    ("assign_by_first_event", [([0, 2, 5], "train"), ([1, 3], "train"), ([4, 6], "train"), ([7], "test")]),
    ("assign_by_last_event", [([0, 2, 5], "test"), ([1, 3], "train"), ([4, 6], "test"), ([7], "test")]),
    ("drop_straddlers", [([1, 3], "train"), ([7], "test")]),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "wanted"), NORMAL_BY_HAND)
def test_each_policy_where_normal_rows_are_counted(policy, wanted):
    found, sequences = split("prefix_normal_fraction", policy, train_normal_entry_fraction=0.6)
    assert found == wanted
    assert sequences.report["rows_by_part"] == {
        "train": 4,
        "ignored": 1,
        "test": 3,
        "validation": 0,
    }


def test_after_grouping_whole_groups_train_while_their_rows_fit():
    found, sequences = split("prefix_count", order="after_grouping", train_entry_count=6)
    # a has 3 rows, b 2: 5 fit; c would make 7.
    assert found == [([0, 2, 5], "train"), ([1, 3], "train"), ([4, 6], "test"), ([7], "test")]
    assert "cutoff_row" not in sequences.report
    found, _ = split(
        "prefix_normal_fraction", order="after_grouping", train_normal_entry_fraction=0.3
    )
    # Two of six normal rows: a and c hold an anomalous one and are ignored, b fits, d is one too many.
    parts = [part for _, part in found]
    assert parts == ["ignored", "train", "ignored", "test"]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.just("x"), st.integers(0, 3), st.sampled_from([0, 1, -1])),
        min_size=2, max_size=30,
    ),
    percent=st.integers(1, 99),
    normal=st.booleans(),
    policy=st.sampled_from([policy for policy, _ in BY_HAND]),
)  # fmt: skip
def test_policies_are_what_plain_python_makes_of_them(rows, percent, normal, policy):
    labels = [label for *_, label in rows]
    if all(label == -1 for label in labels):
        labels = [-1] * len(rows)
    if normal:
        budget = ceil(percent * labels.count(0) / 100)
        parts = []
        for label in labels:
            parts.append("test" if not budget else "train" if label == 0 else "ignored")
            budget -= parts[-1] == "train"
    else:
        budget = ceil(percent * len(rows) / 100)
        parts = ["train"] * budget + ["test"] * (len(rows) - budget)
    wanted = []
    for session in slow_sessions(rows):
        runs = [list(run) for _, run in groupby(session, key=parts.__getitem__)]
        if policy == "split_partial_sequences":
            wanted += [(run, parts[run[0]]) for run in runs]
        elif policy == "assign_by_first_event":
            wanted.append((session, parts[session[0]]))
        elif policy == "assign_by_last_event":
            wanted.append((session, parts[session[-1]]))
        elif len(runs) == 1:
            wanted.append((session, parts[session[0]]))
    assume({"train", "test"} <= {part for _, part in wanted})
    name = "prefix_normal_fraction" if normal else "prefix_fraction"
    key = "train_normal_entry_fraction" if normal else "train_entry_fraction"
    found = grouped(
        log_dataset(rows), "entity", name, straddling_group_policy=policy, **{key: percent / 100}
    )
    assert list(zip(rows_of(found), splits_of(found), strict=True)) == wanted


@settings(max_examples=100, deadline=None)
@given(
    count=st.integers(4, 30), size=st.integers(1, 6), step=st.integers(1, 6), cut=st.integers(1, 29)
)
def test_overlapping_windows_are_cut_where_the_prefix_ends(count, size, step, cut):
    assume(cut < count >= size)
    windows = [list(range(s, s + size)) for s in range(0, count - size + 1, step)]
    wanted = []
    for window in windows:
        runs = [[r for r in window if r < cut], [r for r in window if r >= cut]]
        wanted += [run for run in runs if run]
    parts = ["train" if run[0] < cut else "test" for run in wanted]
    assume({"train", "test"} <= set(parts))
    dataset = log_dataset([("e", "x", None, 0)] * count)
    found = grouped(
        dataset, "fixed", "prefix_count", window_size=size, step=step, train_entry_count=cut
    )
    assert rows_of(found) == wanted
    assert splits_of(found) == parts


def test_the_chunks_of_a_stream_are_never_cut_and_masks_say_what_their_events_do():
    found = grouped(
        log_dataset(ROWS), "stream", "prefix_normal_fraction", chunk_size=3,
        train_normal_entry_fraction=0.6,
    )  # fmt: skip
    # Rows 0-4 hold the prefix (2 is ignored), so chunk 3-5 trains and is partly evaluated.
    assert rows_of(found) == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert splits_of(found) == ["train", "train", "test"]
    assert np.flatnonzero(found.train_events).tolist() == [0, 1, 3, 4]
    assert np.flatnonzero(found.evaluation_events).tolist() == [5, 6, 7]
    counted = grouped(
        log_dataset(ROWS), "stream", "prefix_count", chunk_size=3, train_entry_count=5
    )
    # Row 2 is in the prefix but labelled anomalous: nobody learns from it.
    assert np.flatnonzero(counted.train_events).tolist() == [0, 1, 3, 4]


def test_a_prefix_that_takes_everything_leaves_nothing_to_test():
    with pytest.raises(
        ConfigError, match="no sequence is left to test: of 4, 4 train, 0 are tested"
    ):
        split("prefix_count", train_entry_count=100)


def test_predefined_splits_need_a_source_that_has_them():
    with pytest.raises(ConfigError, match=r"(?s)has no splits of its own.*dataset=hdfs_sessions"):
        grouped(log_dataset(ROWS), "entity", "predefined")
