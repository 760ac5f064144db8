from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from anomalog_exp.config import load_run_config
from anomalog_exp.features.usual_counts import _quantiles
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.detectors import fitted, unfitted
from tests.logs import log_dataset


def spreads(count: float, usual: float) -> float:
    return 2 * (np.sqrt(count + 0.375) - np.sqrt(usual + 0.375))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]),
)
def test_quantiles_of_sparse_counts_are_those_of_all_of_them(rows, share):
    counts = np.array(rows, dtype=float)
    ordered = np.sort(counts, axis=0)
    (found,) = _quantiles(csr_matrix(counts), (share,))
    assert np.array_equal(found, ordered[round(share * (len(rows) - 1))])


def test_floods_bursts_of_one_kind_and_silence_are_far_from_what_is_usual():
    train = ["aaaaaaaaab"] * 40
    test = ["aaaaaaaaab", "", "a" * 36 + "bbbb", "aaaaaaaaac", "a" * 9 + "c" * 30]
    detector, scored = fitted("rate", train, test)
    usual, silence, flood, new, burst = detector.score(scored)
    assert usual == 0.0
    assert silence == pytest.approx(-spreads(0, 10))
    assert flood == pytest.approx(spreads(40, 10))
    assert new == pytest.approx(spreads(1, 0))
    assert burst == pytest.approx(spreads(30, 0))
    reasons = detector.explain(scored, 2)
    assert reasons[0] == []
    assert [text for text, _ in reasons[1]] == [
        "0 events, usually 10",
        '0 events of "a", usually 9',
    ]
    assert reasons[4][0][0] == '30 events of "c", usually 0'


def test_what_varies_in_training_is_usual_and_a_twentieth_of_the_windows_does_not_count():
    steady, odd = ["a" * 10] * 95, ["a" * 1000] * 4
    varying = ["a" * (i % 21) for i in range(99)]
    for train in (steady + odd, steady):
        detector, scored = fitted("rate", train, ["a" * 20])
        assert detector.score(scored)[0] == pytest.approx(spreads(20, 10))
    detector, scored = fitted("rate", varying, ["a" * 20])
    assert detector.score(scored)[0] < spreads(20, 10)


def test_levels_are_counted_whatever_the_template():
    rows = [(None, "one kind", 1000 * i, -1) for i in range(400)]
    log = log_dataset(rows)
    level = np.full(400, 2, dtype=np.int8)
    level[390:] = 5
    grouping = composed("sequence=fixed", "sequence.window_size=10", "split=all")
    sequences = grouping.sequence.apply(replace(log, level=level), grouping.split)
    detector = unfitted("rate")
    detector.fit(sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST)
    scores = detector.score(test)
    assert scores[:-1].max() == 0.0
    assert scores[-1] == pytest.approx(max(spreads(10, 0), -spreads(0, 10)))
    texts = {text for text, _ in detector.explain(test, 2)[-1]}
    assert texts == {"10 events of level error, usually 0", "0 events of level info, usually 10"}


def hourly(days: int, counts: dict[int, int]) -> list[int]:
    """Times in seconds: so many events in some hours of each day, one in each of the others."""
    return [
        86_400 * day + 3600 * hour + nth
        for day in range(days)
        for hour in range(24)
        for nth in range(counts.get(hour, 1))
    ]


def scored_by_hour(seconds: list[int], train_days: int):
    log = log_dataset([(None, "tick", 1000 * second, -1) for second in seconds])
    config = load_run_config(
        ["sequence=time", "sequence.time_span_ms=3600000", "sequence.emit_empty=true", "split=all"]
    )
    sequences = config.sequence.apply(log, config.split)
    detector = unfitted("rate")
    detector.fit(sequences.part(Split.TRAIN).take(slice(0, 24 * train_days)))
    test = sequences.part(Split.TEST)
    return detector, test, detector.score(test)


def test_what_happens_every_day_at_an_hour_is_usual_then_once_there_are_two_weeks():
    seconds = hourly(20, {3: 400})
    _, _, scores = scored_by_hour(seconds, train_days=14)
    assert scores[:-1].max() == 0.0  # the last window goes beyond the log
    # Of fewer days nothing is known of hours: a twenty-fourth of the windows is odd.
    _, _, scores = scored_by_hour(seconds, train_days=13)
    assert np.flatnonzero(scores > 5).tolist() == [24 * day + 3 for day in range(20)]


def test_silence_at_an_hour_that_is_busy_each_day_and_a_flood_at_a_quiet_one_are_odd():
    seconds = hourly(20, {3: 400})
    gone = [s for s in seconds if not 18 * 86_400 + 3 * 3600 <= s < 18 * 86_400 + 4 * 3600]
    moved = sorted([*gone, *range(18 * 86_400 + 7 * 3600, 18 * 86_400 + 7 * 3600 + 400)])
    detector, test, scores = scored_by_hour(moved, train_days=14)
    assert np.flatnonzero(scores > 5).tolist() == [18 * 24 + 3, 18 * 24 + 7]
    assert scores[18 * 24 + 3] == pytest.approx(-spreads(0, 400))
    reasons = detector.explain(test.take(slice(18 * 24 + 3, 18 * 24 + 4)), 1)
    assert reasons[0][0][0] == "0 events, usually 400 at this hour"


def test_silence_is_judged_and_less_is_expected_of_a_window_that_the_log_covers_in_part():
    # One event a second, a hole of five windows among 150, and at the end a quarter of a window.
    seconds = [*range(100), *range(200, 3006)]
    log = log_dataset([(None, "tick", 1000 * second, -1) for second in seconds])
    config = load_run_config(
        ["sequence=time", "sequence.time_span_ms=20000", "sequence.emit_empty=true", "split=all"]
    )
    sequences = config.sequence.apply(log, config.split)
    detector = unfitted("rate")
    detector.fit(sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST)
    assert test.covered.tolist() == [*[1.0] * 150, pytest.approx(6000 / 20000)]
    assert test.times[0].tolist() == [0, 20000]
    scores = detector.score(test)
    assert np.flatnonzero(scores > 5).tolist() == [5, 6, 7, 8, 9]
    assert scores[-1] < 1


def test_a_log_in_whole_seconds_covers_its_last_one():
    log = log_dataset([(None, "tick", 1000 * (nth // 33), -1) for nth in range(33 * 60)])
    config = load_run_config(["sequence=time", "sequence.time_span_ms=1000", "split=all"])
    sequences = config.sequence.apply(log, config.split)
    detector = unfitted("rate")
    detector.fit(sequences.part(Split.TRAIN))
    assert detector.score(sequences.part(Split.TEST)).tolist() == [0.0] * 60


def test_what_is_usual_of_a_window_that_is_covered_in_part_is_said_so():
    seconds = [*range(3000), *[3000] * 90]
    log = log_dataset([(None, "tick", 1000 * second, -1) for second in seconds])
    config = load_run_config(["sequence=time", "sequence.time_span_ms=20000", "split=all"])
    sequences = config.sequence.apply(log, config.split)
    detector = unfitted("rate")
    detector.fit(sequences.part(Split.TRAIN))
    last = sequences.part(Split.TEST).take(slice(150, 151))
    assert detector.explain(last, 1)[0][0][0] == "90 events, usually 1"
