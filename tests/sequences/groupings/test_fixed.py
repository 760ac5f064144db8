from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.groupings.fixed import group_by_position
from tests.logs import log_dataset
from tests.sequencing import fixed, rows_of


def rows(count):
    """Rows of two entities and none, with times out of order: all of it must not matter."""
    return log_dataset([(("a", None, "b")[n % 3], "x", (n * 7) % 5, -1) for n in range(count)])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.none() | st.integers(1, 20))
def test_windows_are_where_arithmetic_says(count, size, step):
    if size > count:
        with pytest.raises(
            ConfigError, match=f"the log has only {count} rows: not one full window"
        ):
            group_by_position(rows(count), fixed(size, step))
        return
    found = group_by_position(rows(count), fixed(size, step))
    by = step or size
    assert len(found.start) == 1 + (count - size) // by
    windows = [list(range(k * by, k * by + size)) for k in range(len(found.start))]
    assert rows_of(found) == windows
    assert windows[-1][-1] + by >= count  # a further window would not be full
    outside = set(range(count)) - {row for window in windows for row in window}
    assert found.dropped_rows == {"rows_outside_windows": len(outside)}


@pytest.mark.parametrize(
    ("count", "size", "step", "windows", "outside"),
    [
        (7, 3, None, [[0, 1, 2], [3, 4, 5]], 1),
        (6, 3, None, [[0, 1, 2], [3, 4, 5]], 0),
        (5, 3, 1, [[0, 1, 2], [1, 2, 3], [2, 3, 4]], 0),
        (6, 3, 2, [[0, 1, 2], [2, 3, 4]], 1),
        (8, 2, 3, [[0, 1], [3, 4], [6, 7]], 2),
        (9, 2, 3, [[0, 1], [3, 4], [6, 7]], 3),
        (4, 4, 1, [[0, 1, 2, 3]], 0),
        (1, 1, None, [[0]], 0),
    ],
)
def test_windows_worked_out_by_hand(count, size, step, windows, outside):
    found = group_by_position(rows(count), fixed(size, step))
    assert rows_of(found) == windows
    assert found.dropped_rows == {"rows_outside_windows": outside}


def test_every_window_is_a_session_of_its_own_and_belongs_to_no_entity():
    found = group_by_position(rows(10), fixed(4, 2))
    assert found.session.tolist() == [0, 1, 2, 3]
    assert found.entity.tolist() == [-1] * 4
    assert found.entity.dtype == np.int32
    assert [found.order.dtype, found.start.dtype, found.stop.dtype] == [np.int64] * 3


def test_a_window_larger_than_the_log_names_the_largest_that_fits():
    with pytest.raises(ConfigError, match=r"(?s)^sequence\.window_size: .*value: +9\n.*1 to 8\n"):
        group_by_position(rows(8), fixed(9))
