"""Grouping, labels and splits against plain Python over lists of rows."""

from __future__ import annotations

from decimal import Decimal
from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.grouping import grouped
from tests.logs import Row, log_dataset, sessions


def rows_of(sequences: SequenceSet) -> list[list[int]]:
    return [
        sequences.order[start:stop].tolist()
        for start, stop in zip(sequences.start, sequences.stop, strict=True)
    ]


def splits_of(sequences: SequenceSet) -> list[str]:
    return [Split(part).name.lower() for part in sequences.split]


def slow_sessions(rows: list[Row]) -> list[list[int]]:
    """Rows of each entity, ordered by (time missing?, first time, first line)."""
    by_entity: dict[str, list[int]] = {}
    for number, (entity, _, _, _) in enumerate(rows):
        if entity is not None:
            by_entity.setdefault(entity, []).append(number)

    def rank(members: list[int]):
        time = rows[members[0]][2]
        return (time is None, time or 0, members[0])

    return sorted(by_entity.values(), key=rank)


def slow_windows(session: list[int], size: int | None, step: int | None) -> list[list[int]]:
    if size is None:
        return [session]
    windows, start = [], 0
    while True:
        windows.append(session[start : start + size])
        if start + size >= len(session):
            return windows
        start += step or size


def slow_split(count: int, train: str, test: str) -> list[str]:
    tested = min(count, ceil(Decimal(test) * count))
    trained = min(count - tested, ceil(Decimal(train) * count))
    return ["train"] * trained + ["ignored"] * (count - tested - trained) + ["test"] * tested


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", None]),
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from([None, 1, 2, 3, -5]),
        st.sampled_from([-1, 0, 1]),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, size=st.none() | st.integers(1, 6), data=st.data())
def test_entity_grouping_is_what_plain_python_makes_of_it(rows, size, data):
    assume(len({entity for entity, *_ in rows if entity}) > 1)
    step = None if size is None else data.draw(st.none() | st.integers(1, size))
    found = grouped(log_dataset(rows), window_size=size, step=step)
    wanted = [slow_windows(session, size, step) for session in slow_sessions(rows)]
    assert rows_of(found) == [window for windows in wanted for window in windows]
    if step is None or step == size:  # no event is lost or doubled
        used = sorted(row for window in rows_of(found) for row in window)
        assert used == [n for n, (entity, *_) in enumerate(rows) if entity is not None]
    unit_splits = slow_split(len(wanted), "0.5", "0.5")
    assert splits_of(found) == [
        part for part, windows in zip(unit_splits, wanted, strict=True) for _ in windows
    ]


@settings(max_examples=80, deadline=None)
@given(count=st.integers(1, 60), size=st.integers(1, 12), step=st.none() | st.integers(1, 15))
def test_fixed_windows_are_where_arithmetic_says(count, size, step):
    dataset = log_dataset([("e", "x", None, 0)] * count)
    starts = range(0, count - size + 1, step or size)
    if len(starts) < 2:
        told = "is left to train on" if starts else f"the log has only {count} rows"
        with pytest.raises(ConfigError, match=told):
            grouped(dataset, "fixed", window_size=size, step=step)
        return
    found = grouped(dataset, "fixed", window_size=size, step=step)
    assert rows_of(found) == [list(range(start, start + size)) for start in starts]
    outside = set(range(count)) - {row for window in rows_of(found) for row in window}
    assert found.report["rows_outside_windows"] == len(outside)


LABELLED = [
    ("a", "x", 1, 0),
    ("b", "x", 2, 1),
    ("a", "x", 3, -1),
    ("c", "x", 4, -1),
    (None, "x", 5, 0),
]


@pytest.mark.parametrize(
    ("label_from", "entity_labels", "labels"),
    [
        ("any", {"a": 1}, [0, 1, -1]),
        ("events", {"a": 1}, [0, 1, -1]),
        ("entities", {"a": 1, "b": 0}, [1, 0, -1]),
    ],
)
def test_labels_come_from_events_or_entities_as_asked(label_from, entity_labels, labels):
    dataset = log_dataset(LABELLED, entity_labels=entity_labels)
    assert grouped(dataset, label_from=label_from).label.tolist() == labels


def test_entity_labels_count_where_no_event_is_labelled_and_in_mixed_windows():
    dataset = sessions("ab", "cd", "ef", labels=[0, 1])
    assert grouped(dataset).label.tolist() == [0, 1, -1]
    windows = grouped(dataset, "fixed", window_size=3, step=1)
    assert windows.label.tolist() == [1, 1, 1, 1]
    assert windows.entity.tolist() == [-1, -1, -1, -1]


def test_labels_that_are_not_there_cannot_be_asked_for():
    with pytest.raises(ConfigError, match=r"(?s)labels no events.*allowed: any, entities"):
        grouped(sessions("ab", labels=[0]), label_from="events")


def test_a_log_without_entities_says_what_to_do():
    with pytest.raises(ConfigError, match=r"(?s)no line of this log belongs.*use sequence=fixed"):
        grouped(log_dataset([(None, "x", 1, 0)]))


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(2, 400),
    cents=st.tuples(st.integers(1, 99), st.integers(1, 99)).filter(lambda pair: sum(pair) <= 100),
)
def test_splits_are_exact_disjoint_and_add_up(count, cents):
    train, test = (f"{cent / 100:.2f}" for cent in cents)
    wanted = slow_split(count, train, test)
    assume("train" in wanted)
    found = grouped(sessions(*["a"] * count), train=float(train), test=float(test))
    assert splits_of(found) == wanted


@pytest.mark.parametrize(
    ("count", "fraction", "taken"), [(100, 0.07, 7), (100, 0.29, 29), (10, 0.15, 2)]
)
def test_fractions_are_decimals_not_binary_floats(count, fraction, taken):
    found = grouped(sessions(*["a"] * count), train=fraction, test=0.1)
    assert splits_of(found).count("train") == taken


def test_the_test_part_stays_where_it_is_when_training_changes():
    dataset = sessions(*["a"] * 37)
    parts = [splits_of(grouped(dataset, train=train, test=0.3)) for train in (0.1, 0.3, 0.7)]
    assert len({tuple(part == "test" for part in one) for one in parts}) == 1


def test_normal_only_trains_on_the_first_normal_ones_up_to_the_same_count():
    dataset = sessions(*["a"] * 10, labels=[1, 0, 0, 1, 0, 0, 0, 1, 0, 1])
    found = grouped(dataset, split="normal_only", train=0.3, test=0.3)
    wanted = ["ignored", "train", "train", "ignored", "train", "ignored", "ignored"]
    assert splits_of(found) == [*wanted, "test", "test", "test"]


def test_the_report_says_what_was_asked_for_and_what_came_of_it():
    dataset = log_dataset(
        [("a", "x", 1, 0), ("a", "x", 1, 0), ("b", "x", 2, 1), ("c", "x", 3, 0), (None, "x", 4, 0)]
    )
    report = grouped(dataset, window_size=1, train=0.4, test=0.3).report
    assert report["requested"] == {
        "name": "chronological",
        "train_fraction": 0.4,
        "test_fraction": 0.3,
    }
    assert report["units"] == {"pool": 3, "train": 2, "ignored": 0, "test": 1}
    assert report["realised"] == {"train_fraction": 2 / 3, "test_fraction": 1 / 3}
    assert report["rows_without_entity"] == 1
    assert report["labels_from"] == "events"
    pool = {"total": 4, "normal": 3, "anomalous": 1, "unlabelled": 0}
    assert report["sequences"]["pool"] == pool
    assert report["sequences"]["train"] == pool | {"total": 3, "normal": 2}
    assert report["events"] == {"train": 3, "ignored": 0, "test": 1}


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, size=st.integers(1, 3), step=st.integers(1, 4))
def test_rows_and_templates_are_gathered_sequence_by_sequence(rows, size, step):
    assume(len(rows) >= size + step)
    dataset = log_dataset(rows)
    found = grouped(dataset, "fixed", window_size=size, step=step)
    for chosen in (found, found.take(np.arange(len(found))[::-1]), found.take(found.label == 1)):
        flat = [row for window in rows_of(chosen) for row in window]
        assert chosen.rows.tolist() == flat
        assert chosen.templates.tolist() == [int(dataset.template[row]) for row in flat]
        assert chosen.offsets.tolist() == [0, *np.cumsum(chosen.lengths).tolist()]
    assert set(found.unlabelled().label.tolist()) == {-1}
