"""Time windows, streams and raw positions against plain Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split
from tests.grouping import grouped, rows_of, splits_of
from tests.logs import log_dataset, sessions

TIMES = st.lists(st.none() | st.integers(-50, 50), min_size=2, max_size=30)


@settings(max_examples=150, deadline=None)
@given(times=TIMES, span=st.integers(1, 30), step=st.none() | st.integers(1, 40))
def test_time_windows_are_where_arithmetic_says(times, span, step):
    rows = [("e", "x", time, 0) for time in times]
    known = sorted((time, row) for row, time in enumerate(times) if time is not None)
    assume(known)
    first, windows, begin = known[0][0], [], known[0][0]
    while begin <= known[-1][0]:
        inside = [row for time, row in known if begin <= time < begin + span]
        windows += [inside] if inside else []
        begin += step or span
    assume(len(windows) > 1)
    found = grouped(log_dataset(rows), "time", time_span_ms=span, step=step)
    assert rows_of(found) == windows
    assert found.report["rows_without_time"] == times.count(None)
    covered = {row for window in windows for row in window}
    assert found.report["rows_outside_windows"] == len(known) - len(covered)
    assert first == min(time for time in times if time is not None)


def test_a_log_without_times_says_what_to_do():
    with pytest.raises(ConfigError, match=r"(?s)no line of this log has a time.*sequence=fixed"):
        grouped(log_dataset([("e", "x", None, 0)] * 3), "time")


def test_windows_too_many_to_be_meant_are_refused():
    rows = [("e", "x", 0, 0), ("e", "x", 10**12, 0)]
    with pytest.raises(ConfigError, match=r"sequence\.step: that makes 1,000,000,000,001 windows"):
        grouped(log_dataset(rows), "time", time_span_ms=1)


@settings(max_examples=80, deadline=None)
@given(count=st.integers(2, 40), size=st.integers(1, 12))
def test_a_stream_is_all_rows_in_line_order(count, size):
    assume(count > size)
    found = grouped(
        log_dataset([("e", "x", -row, 0) for row in range(count)]), "stream", chunk_size=size
    )
    assert rows_of(found) == [list(range(count))[i : i + size] for i in range(0, count, size)]
    assert found.origin.tolist() == [0] * len(found)
    assert (
        grouped(sessions("abc", "de"), "stream", chunk_size=2, continuous_context=False).origin
        is None
    )


@settings(max_examples=150, deadline=None)
@given(
    parsed=st.lists(st.booleans(), min_size=4, max_size=40),
    size=st.integers(1, 6),
    step=st.none() | st.integers(1, 8),
    offset=st.integers(0, 5),
    first_line=st.sampled_from([0, 100]),
)
def test_windows_of_raw_lines_hold_the_rows_that_were_parsed(
    parsed, size, step, offset, first_line
):
    lines = [first_line + number for number, there in enumerate(parsed) if there]
    end = first_line + len(parsed)
    dataset = log_dataset([("e", "x", None, 0) for _ in lines])
    dataset = replace(
        dataset,
        line=np.array(lines, dtype=np.int64),
        manifest={"lines_total": len(parsed), "first_line": first_line},
    )
    starts = range(first_line + offset, end - size + 1, step or size)
    windows = [[lines.index(n) for n in range(s, s + size) if n in lines] for s in starts]
    assume(len(windows) > 1)
    found = grouped(
        dataset, "fixed", window_size=size, step=step,
        window_basis="raw_positions", window_alignment_offset=offset,
    )  # fmt: skip
    assert rows_of(found) == windows
    inside = {row for window in windows for row in window}
    assert found.report["rows_outside_windows"] == len(lines) - len(inside)


def test_an_offset_moves_windows_of_rows():
    found = grouped(
        log_dataset([("e", "x", 1, 0)] * 10), "fixed", window_size=3, window_alignment_offset=2
    )
    assert rows_of(found) == [[2, 3, 4], [5, 6, 7]]


def test_anomalous_lines_that_are_no_rows_label_the_windows_of_raw_lines_that_hold_them():
    dataset = log_dataset([("e", "x", None, 0)] * 4)
    dataset = replace(
        dataset,
        line=np.array([0, 1, 6, 7]),
        manifest={"lines_total": 8},
        unrowed_anomalies=np.array([3, 6]),
    )
    options = {"window_size": 2, "window_basis": "raw_positions"}
    assert grouped(dataset, "fixed", **options).label.tolist() == [0, 1, -1, 1]
    assert grouped(dataset, "fixed", window_size=2).label.tolist() == [0, 0]


@pytest.mark.parametrize(("continuous", "origin"), [(True, [0, 0, 0, 5, 5]), (False, None)])
def test_state_carries_over_between_windows_of_one_session_where_asked_for(continuous, origin):
    found = grouped(sessions("abcde", "fgh"), window_size=2, continuous_context=continuous)
    assert (None if found.origin is None else found.origin.tolist()) == origin
    assert splits_of(found) == ["train"] * 3 + ["test"] * 2
    test = found.part(Split.TEST)
    assert (None if test.origin is None else test.origin.tolist()) == (origin and origin[3:])


def test_windows_without_rows_are_given_where_they_are_asked_for():
    rows = [("e", "x", time, 0) for time in (0, 1, 7, 8)]
    found = grouped(log_dataset(rows), "time", time_span_ms=2, emit_empty=True)
    assert rows_of(found) == [[0, 1], [], [], [2], [3]]
    assert found.report["windows_without_rows"] == 0
    left_out = grouped(log_dataset(rows), "time", time_span_ms=2)
    assert rows_of(left_out) == [[0, 1], [2], [3]]
    assert left_out.report["windows_without_rows"] == 2


def test_each_line_by_itself_keeps_its_entity_and_its_label():
    rows = [("a", "x", 5, 0), (None, "y", None, 1), ("b", "x", 1, 0), ("a", "z", 2, 0)]
    found = grouped(log_dataset(rows), "line")
    assert rows_of(found) == [[0], [1], [2], [3]]
    assert found.entity.tolist() == [0, -1, 1, 0]
    assert found.label.tolist() == [0, 1, 0, 0]
