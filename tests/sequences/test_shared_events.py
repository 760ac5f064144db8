"""How many test sequences hold events that trained, against sets of rows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from anomalog_exp.errors import ConfigError
from tests.grouping import grouped, rows_of, splits_of
from tests.logs import log_dataset
from tests.sequencing import LOG_ROWS

SHARED = "test_sharing_events_with_train"
OPTIONS = [
    ("chronological", {"offset": 0.3}),
    ("random", {"validation_fraction": 0.2}),
    ("prefix_fraction", {"straddling_group_policy": "assign_by_first_event"}),
    ("all", {}),
]


def twelve(step, split):
    rows = [("e", "x", n, 0) for n in range(12)]
    return grouped(log_dataset(rows), "fixed", split, window_size=4, step=step).report


def test_a_cut_between_overlapping_windows_worked_out_by_hand():
    # Windows of rows 0-3 to 8-11: the first four train, to row 6; those from rows 4, 5 and 6 on share.
    assert twelve(1, "chronological")[SHARED] == 3
    assert SHARED not in twelve(4, "chronological")
    assert SHARED not in twelve(1, "all")  # where nothing else is judged


@pytest.mark.parametrize(("split", "options"), OPTIONS)
@pytest.mark.parametrize("grouping", ["fixed", "entity"])
@settings(max_examples=25, deadline=None)
@given(rows=LOG_ROWS)
def test_it_is_what_sets_of_rows_have_in_common(grouping, split, options, rows):
    windows = {"window_size": 3, "step": 1}
    try:
        found = grouped(log_dataset(rows), grouping, split, **windows, **options)
    except ConfigError:  # nothing is left to train or to test
        return
    parts = list(zip(rows_of(found), splits_of(found), strict=True))
    trained = {row for one, part in parts if part == "train" for row in one}
    shared = sum(part == "test" and bool(trained & {*one}) for one, part in parts)
    assert found.report.get(SHARED, 0) == (0 if split == "all" else shared)
