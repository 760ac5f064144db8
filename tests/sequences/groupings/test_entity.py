from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.groupings.entity import group_by_entity, window_starts
from tests.logs import log_dataset, sessions
from tests.sequencing import LOG_ROWS, chronological, entity, rows_of


def slow_sessions(rows):
    """Rows of each entity in line order, ordered by (time missing?, first time, first line)."""
    members: dict[str, list[int]] = {}
    for row, (name, *_) in enumerate(rows):
        if name is not None:
            members.setdefault(name, []).append(row)

    def rank(name):
        first = members[name][0]
        time = rows[first][2]
        return (1, 0, first) if time is None else (0, time, first)

    return [(name, members[name]) for name in sorted(members, key=rank)]


def slow_windows(session, size, step):
    if size is None:
        return [session]
    windows = [session[:size]]
    begin = 0
    while begin + size < len(session):
        begin += step or size
        windows.append(session[begin : begin + size])
    return windows


SIZE_AND_STEP = st.one_of(
    st.just((None, None)),
    st.integers(1, 6).flatmap(
        lambda size: st.tuples(st.just(size), st.none() | st.integers(1, size))
    ),
)


@settings(max_examples=100, deadline=None)
@given(LOG_ROWS, SIZE_AND_STEP)
def test_sessions_and_their_windows_are_those_of_the_slow_reference(rows, size_and_step):
    size, step = size_and_step
    assume(any(name for name, *_ in rows))
    dataset = log_dataset(rows)
    found = group_by_entity(dataset, entity(size, step))
    wanted = [
        (unit, name, window)
        for unit, (name, session) in enumerate(slow_sessions(rows))
        for window in slow_windows(session, size, step)
    ]
    assert rows_of(found) == [window for _, _, window in wanted]
    assert found.session.tolist() == [unit for unit, _, _ in wanted]
    assert dataset.entities.gather(found.entity).to_list() == [name for _, name, _ in wanted]
    assert found.dropped_rows == {"rows_without_entity": sum(name is None for name, *_ in rows)}


@settings(max_examples=100, deadline=None)
@given(LOG_ROWS, st.none() | st.integers(1, 50))
def test_without_overlap_no_event_is_lost_and_none_is_doubled(rows, size):
    assume(any(name for name, *_ in rows))
    found = group_by_entity(log_dataset(rows), entity(size))
    covered = [row for window in rows_of(found) for row in window]
    assert sorted(covered) == [row for row, (name, *_) in enumerate(rows) if name is not None]


@settings(max_examples=100, deadline=None)
@given(LOG_ROWS, st.integers(1, 6), st.integers(1, 6))
def test_with_overlap_every_event_is_in_a_window_and_windows_stay_in_their_session(
    rows, size, step
):
    assume(step <= size and any(name for name, *_ in rows))
    windows = rows_of(group_by_entity(log_dataset(rows), entity(size, step)))
    covered = {row for window in windows for row in window}
    assert covered == {row for row, (name, *_) in enumerate(rows) if name is not None}
    assert all(0 < len(window) <= size for window in windows)
    assert all(len({rows[row][0] for row in window}) == 1 for window in windows)


@settings(max_examples=60, deadline=None)
@given(LOG_ROWS, st.integers(1, 4), st.sampled_from([0.1, 0.3, 0.5, 0.7]))
def test_all_windows_of_an_entity_fall_in_one_split(rows, size, train):
    assume(len({name for name, *_ in rows if name}) >= 2)
    found = entity(size, 1).apply(log_dataset(rows), chronological(train, 0.3))
    parts = {code: set(found.split[found.entity == code].tolist()) for code in found.entity}
    assert all(len(part) == 1 for part in parts.values())


def test_interleaved_entities_worked_out_by_hand():
    rows = [
        ("late", "a", 50, -1),
        ("none", "b", None, -1),
        ("early", "c", 10, -1),
        ("late", "d", 1, -1),
        (None, "e", 0, -1),
        ("also_none", "f", None, -1),
        ("early", "g", None, -1),
        ("tie", "h", 10, -1),
        ("none", "i", 5, -1),
    ]
    dataset = log_dataset(rows)
    found = group_by_entity(dataset, entity())
    # An entity stands at the time of its first line: "late" at 50, though a later line says 1.
    assert dataset.entities.gather(found.entity).to_list() == [
        "early", "tie", "late", "none", "also_none",
    ]  # fmt: skip
    assert rows_of(found) == [[2, 6], [7], [0, 3], [1, 8], [5]]
    assert found.dropped_rows == {"rows_without_entity": 1}


@pytest.mark.parametrize(
    ("length", "size", "step", "windows"),
    [
        (5, 2, None, [(0, 2), (2, 4), (4, 5)]),
        (4, 2, None, [(0, 2), (2, 4)]),
        (5, 3, 1, [(0, 3), (1, 4), (2, 5)]),
        (6, 3, 2, [(0, 3), (2, 5), (4, 6)]),
        (7, 3, 2, [(0, 3), (2, 5), (4, 7)]),
        (3, 3, 1, [(0, 3)]),
        (2, 3, 1, [(0, 2)]),
        (1, 100, None, [(0, 1)]),
        (3, 1, 1, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_windows_of_a_session_worked_out_by_hand(length, size, step, windows):
    # Another session on either side must not move them.
    lengths = np.array([4, length, 1])
    begin, end, session = window_starts(lengths, size, step)
    here = session == 1
    assert list(zip(begin[here].tolist(), end[here].tolist(), strict=True)) == windows
    assert np.array_equal(session, np.sort(session))


def test_one_entity_is_one_session_in_line_order():
    found = group_by_entity(log_dataset([("e", "x", t, -1) for t in (3, 1, 2)]), entity())
    assert rows_of(found) == [[0, 1, 2]]


def test_entities_without_any_time_stand_in_the_order_of_their_first_lines():
    rows = [(name, "x", None, -1) for name in "bacab"]
    found = group_by_entity(log_dataset(rows), entity())
    assert rows_of(found) == [[0, 4], [1, 3], [2]]


def test_times_before_1970_come_first_and_missing_ones_last():
    rows = [("none", "x", None, -1), ("zero", "x", 0, -1), ("old", "x", -(10**12), -1)]
    assert rows_of(group_by_entity(log_dataset(rows), entity())) == [[2], [1], [0]]


def test_positions_are_int64_and_entities_int32():
    found = group_by_entity(sessions("abc", "ab"), entity(2, 1))
    assert [found.order.dtype, found.start.dtype, found.stop.dtype, found.session.dtype] == [
        np.int64
    ] * 4
    assert found.entity.dtype == np.int32


@pytest.mark.parametrize("size", [None, 3])
def test_a_log_without_entities_cannot_be_grouped_by_them(size):
    dataset = log_dataset([(None, "x", 1, 0), (None, "y", 2, 0)])
    with pytest.raises(ConfigError, match=r"(?s)no line of this log belongs.*use sequence=fixed"):
        group_by_entity(dataset, entity(size))


@pytest.mark.parametrize(
    ("size", "step", "allowed"),
    [(None, 1, "null without a window_size"), (3, 4, r"null, or 1 to window_size \(3\)")],
)
def test_steps_that_would_skip_events_are_refused(size, step, allowed):
    values = entity().model_dump() | {"window_size": size, "step": step}
    with pytest.raises(ConfigError, match=rf"sequence\.step: .*skip events(?s:.)*{allowed}"):
        type(entity()).of(values, "sequence")
