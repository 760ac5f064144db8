"""The circle of sequences that begins at an offset, against plain lists."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.splits.fractions import ChronologicalSplitConfig
from tests.grouping import grouped, rows_of, splits_of
from tests.logs import log_dataset
from tests.sequencing import chronological

SPLITS = ["chronological", "normal_only"]
TENTHS = st.integers(1, 5)


def log(labels):
    """A session of two rows per label."""
    rows = [(f"e{n}", "x", n, label) for n, label in enumerate(labels) for _ in range(2)]
    return log_dataset(rows)


@pytest.mark.parametrize("split", SPLITS)
@settings(max_examples=60, deadline=None)
@given(
    labels=st.lists(st.sampled_from([0, 0, 1, -1]), min_size=4, max_size=25),
    tenths=st.integers(0, 9), train=TENTHS, test=TENTHS, held=st.sampled_from([0, 3]),
)  # fmt: skip
def test_parts_are_those_of_a_list_that_is_turned(split, labels, tenths, train, test, held):
    n = len(labels)
    first = floor(Fraction(tenths, 10) * n)
    circle = [*range(first, n), *range(first)]
    tested = min(n, ceil(Fraction(test, 10) * n))
    wanted = min(n - tested, ceil(Fraction(train, 10) * n))
    eligible = [one for one in circle[: n - tested] if split == "chronological" or labels[one] == 0]
    trains = eligible[:wanted]
    valid = trains[len(trains) - ceil(Fraction(held, 10) * len(trains)) :]
    assume(len(valid) < len(trains))
    part = dict.fromkeys(circle, "ignored") | dict.fromkeys(trains, "train")
    part |= dict.fromkeys(valid, "validation") | dict.fromkeys(circle[n - tested :], "test")
    found = grouped(
        log(labels), "entity", split, train=train / 10, test=test / 10, offset=tenths / 10,
        validation_fraction=held / 10, window_size=1,
    )  # fmt: skip
    # Two windows of each session, in the order of the circle.
    assert rows_of(found) == [[2 * one + window] for one in circle for window in (0, 1)]
    assert splits_of(found) == [part[one] for one in circle for _ in range(2)]
    assert found.label.tolist() == [labels[one] for one in circle for _ in range(2)]
    assert found.report.get("offset_sessions", 0) == first
    assert ("caveat" in found.report) == (tenths > 0)


@pytest.mark.parametrize("grouping", ["fixed", "time", "stream"])
def test_what_is_no_session_turns_too_and_keeps_its_context(grouping):
    small = {"fixed": {"window_size": 2}, "time": {"time_span_ms": 2}, "stream": {"chunk_size": 2}}
    plain, turned = (
        grouped(log([0] * 6), grouping, "chronological", offset=offset, **small[grouping])
        for offset in (0.0, 0.5)
    )
    n = len(plain)
    order = np.roll(np.arange(n), -(n // 2))
    for column in ("start", "stop", "origin", "times"):
        before, after = getattr(plain, column), getattr(turned, column)
        assert after is before is None or np.array_equal(after, before[order])
    assert splits_of(turned) == splits_of(plain)
    assert turned.part(0).rows.tolist() == [row for one in rows_of(turned.part(0)) for row in one]


def test_without_an_offset_nothing_is_what_it_was_not():
    labels = [0, 1, 0, 0]
    without = chronological().model_dump(mode="json")
    assert "offset" not in without
    assert ChronologicalSplitConfig.of(without | {"offset": 0.0}) == chronological()
    assert "offset" not in str(grouped(log(labels)).report)


@pytest.mark.parametrize("offset", [-0.1, 1.0])
def test_an_offset_outside_of_the_circle_is_refused(offset):
    values = chronological().model_dump(mode="json") | {"offset": offset}
    with pytest.raises(ConfigError, match=r"split\.offset: this value does not fit"):
        ChronologicalSplitConfig.of(values, "split")
