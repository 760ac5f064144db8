from __future__ import annotations

import re
from dataclasses import replace
from math import copysign, expm1, log1p

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.features.numbers import numbers
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import model_config
from tests.valued import valued_set

VALUE = st.sampled_from(["1", "2", "-3", "40", "7ms", "900ms", "x", None])
EVENT = st.one_of(
    st.tuples(st.just("a"), st.tuples(VALUE)), st.tuples(st.just("b"), st.tuples(VALUE, VALUE))
)
SEQUENCES = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=5)


def slow_number(text):
    """The number and the unit of a text, None for none."""
    found = re.fullmatch(r"(-?\d+)([a-z]*)", text or "")
    return (float(found[1]), found[2]) if found else None


def slow_range(values, bounds, factor):
    values = sorted(values)
    if bounds == "seen":
        return values[0], values[-1]
    last = len(values) - 1
    lower, upper = values[last // 4], values[-(-3 * last // 4)]
    reach = factor * max(upper - lower, 0.1)
    first, third = (copysign(expm1(abs(one)), one) for one in (lower, upper))
    plain = [first - factor * (third - first), third + factor * (third - first)]
    low, high = (copysign(log1p(abs(one)), one) for one in plain)
    return min(lower - reach, low), max(upper + reach, high)


def slow_ranges(train, scale, *, bounds, factor, fewest_values, least_numeric, most_outside):
    """(letter, place, unit) -> the ends of its range."""
    there, every = {}, {}
    for letter, values in (event for one in train for event in one):
        for i, text in enumerate(values):
            every[letter, i] = every.get((letter, i), 0) + 1
            if number := slow_number(text):
                there.setdefault((letter, i, number[1]), []).append(scale(number[0]))
    ranges = {}
    for (letter, i, unit), values in there.items():
        numeric = sum(len(more) for key, more in there.items() if key[:2] == (letter, i))
        half = (len(values) + 1) // 2
        ends = [slow_range(values[:half], one, factor) for one in {"seen", bounds}]
        outside = sum(
            not all(low <= value <= high for low, high in ends) for value in values[half:]
        )
        if (
            len(values) >= fewest_values
            and numeric >= least_numeric * every[letter, i]
            and outside <= most_outside * (len(values) - half)
        ):
            ranges[letter, i, unit] = slow_range(values, bounds, factor)
    return ranges


@settings(max_examples=150, deadline=None)
@given(
    SEQUENCES,
    SEQUENCES,
    st.sampled_from(["seen", "quartiles"]),
    st.sampled_from([0.5, 3.0]),
    st.integers(2, 4),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_scores_and_events_are_those_of_the_slow_reference(
    train, test, bounds, factor, fewest, numeric, outside
):
    both = valued_set(train, test)
    options = {
        "bounds": bounds,
        "factor": factor,
        "fewest_values": fewest,
        "least_numeric": numeric,
        "most_outside": outside,
    }
    detector = model_config("value_range").model_copy(update=options).build_detector()

    def scale(x):
        return x if bounds == "seen" else copysign(log1p(abs(x)), x)

    ranges = slow_ranges(train, scale, **options)
    if not ranges:
        with pytest.raises(NotApplicable, match=r"^value_range needs "):
            detector.fit(both.part(Split.TRAIN))
        return

    def score(letter, values):
        widths = [0.0]
        for i, text in enumerate(values):
            number = slow_number(text)
            if number and (letter, i, number[1]) in ranges:
                low, high = ranges[letter, i, number[1]]
                width = high - low if high > low else max(abs(high), 1)
                widths.append(max(low - scale(number[0]), scale(number[0]) - high) / width)
        return max(widths)

    detector.fit(both.part(Split.TRAIN))
    scored = both.part(Split.TEST).unlabelled()
    wanted = [[score(*event) for event in one] for one in test]
    events = detector.score_events(scored)
    assert events == pytest.approx([x for one in wanted for x in one], abs=1e-12)
    assert detector.score(scored) == pytest.approx([max(one, default=0.0) for one in wanted])
    told = [max((w for _, w in one), default=0.0) for one in detector.explain(scored, 99)]
    assert told == pytest.approx([max(one, default=0.0) for one in wanted])
    if bounds == "seen":
        assert not detector.score(both.part(Split.TRAIN).unlabelled()).any()


def of(*values):
    """A sequence with an event for each value."""
    return [("a", (value,)) for value in values]


def test_numbers_outside_are_flagged_and_named():
    train = [of("10ms", "30ms")] * 10
    both = valued_set(train, [of("20ms"), of("50ms", "9ms"), of("99s", "0x1f"), of("40ms")])
    config = model_config("value_range")
    summary = run_model(config, both, progress=SILENT)
    assert summary.scores == pytest.approx([0.0, 1.0, 0.0, 0.5])
    assert summary.predicted.tolist() == [False, True, False, True]
    where = '1st value of "a <*>": '
    assert summary.explain(np.arange(2), 5)[1] == [
        (f"{where}duration 50ms is outside 10ms to 30ms, all that training had", 1.0),
        (
            f"{where}duration 9ms is outside 10ms to 30ms, all that training had",
            pytest.approx(0.05),
        ),
    ]


def test_what_is_far_outside_the_quartiles_stands_out_where_it_trains():
    sizes = ["100", "110", "120", "130"] * 5
    train = [of(size) for size in [*sizes, "1000000", *sizes]]
    everything = valued_set(train, [])
    both = replace(everything, split=np.full(len(train), Split.TEST, dtype=np.uint8))
    detector = model_config("value_range", "bounds=quartiles", "most_outside=0.05").build_detector()
    detector.fit(both)
    assert np.flatnonzero(detector.score(both)).tolist() == [20]
    ((text, _),) = detector.explain(both, 3)[20]
    assert re.search(r"integer 1000000 is far outside what is usual, 50 to 214$", text)


@pytest.mark.parametrize(
    "values",
    [
        [str(1000 + i) for i in range(40)],  # a counter
        [str(1000 + i // 4) for i in range(40)],  # one that stands still for a while
        [f"{4096 + 37 * i:x}" for i in range(40)],  # hexadecimal
        [f"10.0.0.{i}" for i in range(40)],
        [f"2024-05-{1 + i % 28:02}" for i in range(40)],
        ["5"] * 4,  # too few
    ],
)
def test_places_without_a_range_take_no_part(values):
    detector = model_config("value_range").build_detector()
    with pytest.raises(NotApplicable, match=r"^value_range needs places with at least 10 numbers"):
        detector.fit(valued_set([of(value) for value in values], []))


def test_windows_that_overlap_train_each_event_once():
    both = valued_set([of(*"1234")], [])
    window = np.zeros(3, dtype=np.int64)
    windows = replace(both.take(window), start=np.arange(3), stop=np.arange(2, 5))
    detector = model_config("value_range", "fewest_values=5", "most_outside=1").build_detector()
    with pytest.raises(NotApplicable, match="at least 5 numbers"):
        detector.fit(windows)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("0", 0.0, ""),
        ("-12", -12.0, ""),
        ("+1", 1.0, ""),
        ("3.50s", 3.5, "s"),
        ("12µs", 12.0, "µs"),
        ("9" * 18, float("9" * 18), ""),
        ("9" * 19, None, ""),
        ("1.0e-05", 1e-05, ""),
        ("1e5", None, ""),
        ("12ab3", None, ""),
        ("0x1f", None, ""),
        ("007", None, ""),
        ("1,234", None, ""),
        ("12:30", None, ""),
        ("1.2.3", None, ""),
        ("", None, ""),
        ("12 ms", None, ""),
        ("1\n", None, ""),
    ],
)
def test_what_is_a_number(text, number, unit):
    values, units = numbers(pl.Series([text]))
    assert values.tolist() == (
        [number] if number is not None else pytest.approx([float("nan")], nan_ok=True)
    )
    assert units.to_list() == [unit]


@pytest.mark.parametrize(
    "option", ["bounds=mean", "factor=0", "fewest_values=1", "least_numeric=0", "most_outside=2"]
)
def test_options_out_of_bounds_are_refused(option):
    with pytest.raises(ConfigError, match=rf"model\.{option.split('=')[0]}: this value does not"):
        model_config("value_range", option)
