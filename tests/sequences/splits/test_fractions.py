from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import check_parts
from anomalog_exp.sequences.splits.fractions import (
    ChronologicalSplitConfig,
    fraction_of,
    split_sessions,
)
from tests.logs import log_dataset
from tests.sequencing import chronological, entity, normal_only

T, I, S = Split.TRAIN, Split.IGNORED, Split.TEST  # noqa: E741

THOUSANDTHS = st.integers(1, 1000)


@pytest.mark.parametrize(
    ("fraction", "count", "taken"),
    [
        (0.07, 100, 7),  # 7.000000000000001 in binary
        (0.29, 100, 29),
        (0.55, 100, 55),
        (0.1, 3, 1),
        (0.3, 10, 3),
        (0.5, 5, 3),
        (1.0, 5, 5),
        (0.001, 1, 1),
        (1e-07, 10**7, 1),
        (0.1, 30_000_000_001, 3_000_000_001),
    ],
)
def test_fractions_are_exact_decimals_rounded_up(fraction, count, taken):
    assert fraction_of(fraction, count) == taken


@settings(max_examples=100, deadline=None)
@given(THOUSANDTHS, st.integers(0, 10**6))
def test_fractions_are_those_of_rational_arithmetic(thousandths, count):
    assert fraction_of(thousandths / 1000, count) == ceil(Fraction(thousandths, 1000) * count)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=60),
    THOUSANDTHS,
    THOUSANDTHS,
    st.booleans(),
)
def test_splits_are_those_of_the_slow_reference(labels, train, test, only_normal):
    assume(train + test <= 1000)
    n = len(labels)
    tested = min(n, ceil(Fraction(test, 1000) * n))
    wanted = min(n - tested, ceil(Fraction(train, 1000) * n))
    parts = [I] * (n - tested) + [S] * tested
    for unit in range(n - tested):
        if parts.count(T) < wanted and (labels[unit] == 0 or not only_normal):
            parts[unit] = T
    config = (normal_only if only_normal else chronological)(train / 1000, test / 1000)
    label = np.array(labels, dtype=np.int8)
    found = split_sessions(label, config)
    assert found.tolist() == parts
    assert found.dtype == np.uint8


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 200), THOUSANDTHS, st.data())
def test_the_test_suffix_stays_where_it_is_whatever_trains(n, test, data):
    assume(ceil(Fraction(test, 1000) * n) < n and test < 1000)
    fractions = st.integers(1, 1000 - test)
    label = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), dtype=np.int8)
    label[0] = 0
    suffixes = {
        tuple(np.flatnonzero(split_sessions(label, config) == S).tolist())
        for config in (
            chronological(data.draw(fractions) / 1000, test / 1000),
            chronological(data.draw(fractions) / 1000, test / 1000),
            normal_only(data.draw(fractions) / 1000, test / 1000),
        )
    }
    tested = ceil(Fraction(test, 1000) * n)
    assert suffixes == {tuple(range(n - tested, n))}


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        (chronological(0.3, 0.4), [T, T, T, I, I, I, S, S, S, S]),
        (chronological(0.25, 0.25), [T, T, T, I, I, I, I, S, S, S]),
        (chronological(0.6, 0.4), [T, T, T, T, T, T, S, S, S, S]),
        # Both parts round up to more than there is: training gives way.
        (chronological(0.45, 0.55), [T, T, T, T, S, S, S, S, S, S]),
        # Labels of the ten below: 1 0 -1 0 0 1 0 0 1 0.
        (normal_only(0.3, 0.3), [I, T, I, T, T, I, I, S, S, S]),
        (normal_only(0.7, 0.3), [I, T, I, T, T, I, T, S, S, S]),
        (normal_only(0.1, 0.1), [I, T, I, I, I, I, I, I, I, S]),
    ],
)
def test_ten_units_worked_out_by_hand(config, parts):
    label = np.array([1, 0, -1, 0, 0, 1, 0, 0, 1, 0], dtype=np.int8)
    assert split_sessions(label, config).tolist() == parts


def test_labels_of_the_test_suffix_never_decide_who_trains():
    config = normal_only(0.5, 0.5)
    ahead = [1, 0, 0, 1]
    parts = {
        tuple(split_sessions(np.array([*ahead, *rest], dtype=np.int8), config).tolist())
        for rest in ([0, 0, 0, 0], [1, 1, 1, 1], [-1, 0, 1, -1])
    }
    assert parts == {(I, T, T, I, S, S, S, S)}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "train on: of 0, 0 train, 0 are tested"),
        ([S], "train on: of 1, 0 train, 1 are tested"),
        (
            [I, S, S],
            r"train on: of 3, 0 train, 2 are .*split=chronological where nothing is labelled",
        ),
        ([T, I, I, T], "test: of 4, 2 train, 0 are tested"),
    ],
)
def test_an_empty_part_is_an_error_that_counts_and_repeats_the_split(parts, told):
    config = normal_only(0.1, 0.9)
    with pytest.raises(ConfigError, match=rf"(?s)^split: no sequence is left to {told}") as caught:
        check_parts(np.array(parts, dtype=np.uint8), config)
    assert "train_fraction=0.1 test_fraction=0.9" in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "split"),
    [
        ([0], chronological(0.5, 0.5)),
        ([0, 0], chronological(0.1, 0.9)),
        ([1, -1, 0, 0], normal_only(0.5, 0.5)),
    ],
)
def test_a_log_that_leaves_nothing_to_train_on_is_refused(rows, split):
    dataset = log_dataset([(f"e{n}", "x", n, label) for n, label in enumerate(rows)])
    with pytest.raises(ConfigError, match="no sequence is left to train on"):
        entity().apply(dataset, split)


@pytest.mark.parametrize("train", [0.7, 0.9, 0.58, 0.07])
def test_fractions_that_add_up_to_one_in_decimals_are_allowed(train):
    test = float(1 - Decimal(str(train)))
    assert chronological(train, test).test_fraction == test


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        (0.7, 0.31, r"together they take 1\.01 of the sequences"),
        (0.0, 0.5, r"split\.train_fraction: this value does not fit"),
        (0.5, 0.0, r"split\.test_fraction: this value does not fit"),
        (1.5, 0.1, r"split\.train_fraction: this value does not fit"),
    ],
)
def test_fractions_out_of_bounds_are_refused(train, test, told):
    values = {"name": "chronological", "train_fraction": train, "test_fraction": test}
    with pytest.raises(ConfigError, match=told):
        ChronologicalSplitConfig.of(values, "split")
