from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import model_config
from tests.sequencing import sequence_set

TIMED = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([None, 0, 5, 900, 1000, 4000, 70000])),
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


def timed_set(train, test, labels=()):
    """Sequences of (template, milliseconds or None)."""
    both = [*train, *test]
    texts = ["".join(letter for letter, _ in one) for one in both]
    labels = [*(labels or [0] * len(train)), *[-1] * len(test)]
    found = sequence_set(texts, labels, tested=len(test), templates="abc")
    times = [NO_TIME if ms is None else ms for one in both for _, ms in one]
    return replace(found, dataset=replace(found.dataset, time_ms=np.array(times, dtype=np.int64)))


def slow_intervals(events):
    """(place, template before, template, interval) of each event that another one is before."""
    found, before = [], None
    for place, (letter, ms) in enumerate(events):
        if ms is None:
            continue
        if before is not None:
            found.append((place, before[0], letter, max(ms - before[1], 0)))
        before = letter, ms
    return found


def slow_events(train, test, ranges, resolution):
    trained = {}
    for one in train:
        for _, before, letter, ms in slow_intervals(one):
            trained.setdefault((before if ranges == "pair" else "", letter), []).append(ms)

    def excess(before, letter, ms):
        seen = trained.get((before if ranges == "pair" else "", letter), [ms])
        nats = [log(1 + x / resolution) for x in (ms, min(seen), max(seen))]
        return max(nats[1] - nats[0], nats[0] - nats[2], 0.0)

    scores = [[0.0] * len(one) for one in test]
    for one, events in zip(scores, test, strict=True):
        for place, before, letter, ms in slow_intervals(events):
            one[place] = excess(before, letter, ms)
    return scores


@settings(max_examples=120, deadline=None)
@given(TIMED, TIMED, st.sampled_from(["pair", "event"]), st.sampled_from([1, 1000]))
def test_scores_and_events_are_those_of_the_slow_reference(train, test, ranges, resolution):
    both = timed_set(train, test)
    options = [f"ranges={ranges}", f"resolution_ms={resolution}"]
    detector = model_config("event_timing", *options).build_detector()
    if not any(slow_intervals(one) for one in train):
        with pytest.raises(NotApplicable, match=r"^event_timing needs events "):
            detector.fit(both.part(Split.TRAIN))
        return
    detector.fit(both.part(Split.TRAIN))
    scored = both.part(Split.TEST)
    wanted = slow_events(train, test, ranges, resolution)
    events = detector.score_events(scored)
    assert events == pytest.approx([x for one in wanted for x in one], abs=1e-12)
    assert detector.score(scored).tolist() == pytest.approx(
        [max(one, default=0.0) for one in wanted]
    )
    # What trained is inside the ranges that it made, exactly.
    assert not detector.score(both.part(Split.TRAIN)).any()
    told = [[weight for _, weight in one] for one in detector.explain(scored, 9)]
    assert told == [sorted((x for x in one if x), reverse=True) for one in split(events, scored)]


def split(events, sequences):
    return [one.tolist() for one in np.split(events, sequences.offsets[1:-1])]


def seconds(text, *times):
    return [(letter, 1000 * time) for letter, time in zip(text, times, strict=True)]


def test_intervals_worked_out_by_hand():
    train = [seconds("ab", 0, 3), seconds("ab", 5, 5), seconds("ba", 0, 60)]
    test = [seconds("abab", 0, 7, 8, 8), seconds("aab", 0, 500, 502), seconds("ba", 0, 5), []]
    both = timed_set(train, test)
    detector = model_config("event_timing").build_detector()
    detector.fit(both.part(Split.TRAIN))
    scored = both.part(Split.TEST)
    # ab takes 0 to 3 s, ba 60 s; aa was never seen.
    wanted = [log(61 / 2), 0.0, log(61 / 6), 0.0]
    assert detector.score(scored) == pytest.approx(wanted, rel=1e-12)
    assert detector.explain(scored, 5) == [
        [
            ("b -> a after 1 s, training has 60 s to 60 s", pytest.approx(log(61 / 2))),
            ("a -> b after 7 s, training has 0 s to 3 s", pytest.approx(log(8 / 4))),
        ],
        [],
        [("b -> a after 5 s, training has 60 s to 60 s", pytest.approx(log(61 / 6)))],
        [],
    ]
    assert detector.manifest() == {"ranges_learned": 2}


def test_the_threshold_is_that_of_normal_sequences_held_out():
    normal = [seconds("ab", 0, gap) for gap in (1, 2, 1, 2, 5)]
    test = [seconds("ab", 0, gap) for gap in (5, 8, 12)]
    summary = run_model(model_config("event_timing"), timed_set(normal, test), progress=SILENT)
    # The last one, held out, is log(6 / 3) above the others; all together reach to 5 s.
    assert summary.threshold == pytest.approx(log(6 / 3))
    assert summary.scores == pytest.approx([0.0, log(9 / 6), log(13 / 6)])
    assert summary.predicted.tolist() == [False, False, True]


def test_intervals_reach_back_where_state_carries_over_and_mask_what_may_not_train():
    one = seconds("abab", 0, 1, 3, 4)
    both = timed_set([one], [seconds("abab", 10, 11, 30, 34)])
    mask = np.array([1, 1, 0, 1] * 2, dtype=bool)
    stream = replace(both, origin=np.array([0, 0]), train_events=mask)
    detector = model_config("event_timing").build_detector()
    detector.fit(stream.part(Split.TRAIN))
    # ba was masked out, so that the first event, 6 s after the training chunk, says nothing.
    events = detector.score_events(stream.part(Split.TEST))
    assert events == pytest.approx([0.0, 0.0, 0.0, log(5 / 2)])
    detector.fit(replace(stream, train_events=np.ones(8, dtype=bool)).part(Split.TRAIN))
    events = detector.score_events(stream.part(Split.TEST))
    assert events == pytest.approx([log(7 / 3), 0.0, log(20 / 3), log(5 / 2)])


def test_a_log_without_times_cannot_train():
    both = timed_set([[("a", None), ("b", None)]], [])
    detector = model_config("event_timing").build_detector()
    with pytest.raises(NotApplicable, match=r"^event_timing needs events with times in train"):
        detector.fit(both)


@pytest.mark.parametrize("option", ["ranges=always", "resolution_ms=0"])
def test_options_out_of_bounds_are_refused(option):
    with pytest.raises(ConfigError, match=rf"model\.{option.split('=')[0]}: this value does not"):
        model_config("event_timing", option)
