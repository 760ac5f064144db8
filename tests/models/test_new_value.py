from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import model_config
from tests.sequencing import sequence_set
from tests.valued import valued_set

VALUE = st.sampled_from(["1", "2", "3", None])
EVENT = st.one_of(
    st.tuples(st.just("a"), st.tuples(VALUE)),
    st.tuples(st.just("b"), st.tuples(VALUE, VALUE)),
    st.tuples(st.just("c"), st.tuples(VALUE, VALUE, VALUE)),
)
SEQUENCES = st.lists(st.lists(EVENT, max_size=5), min_size=1, max_size=8)


def slow_groups(shown, at_most, most, most_new):
    """Group -> (nats of a new key, known keys), of groups that take part."""
    middle = (len(shown) + 1) // 2
    earlier = {pair for one in shown[:middle] for pair in one}
    taking = {}
    for group in {group for one in shown for group, _ in one}:
        counts = Counter(key for one in shown for place, key in one if place == group)
        pairs = sum(counts.values())
        rare = sum(n for n in counts.values() if n <= max(at_most, 1))
        later = [pair for one in shown[middle:] for pair in one if pair[0] == group]
        unknown = sum(pair not in earlier for pair in later)
        chance = max((rare + 1) / (pairs + 1), unknown / max(len(later), 1))
        if len(counts) <= most and chance <= most_new:
            known = {key for key, n in counts.items() if n > at_most}
            taking[group] = -log(chance), known
    return taking


def slow_events(train, test, *, at_most, most, most_new, pairs):
    """The score of each event; None where nothing takes part."""
    shown = [
        {((letter, i), v) for letter, values in one for i, v in enumerate(values) if v is not None}
        for one in train
    ]
    single = slow_groups(shown, at_most, most, most_new)

    def known_pairs(letter, values):
        usable = [
            i for i, v in enumerate(values) if (letter, i) in single and v in single[letter, i][1]
        ]
        return [((letter, i, j), (values[i], values[j])) for i, j in combinations(usable, 2)]

    together = [{pair for event in one for pair in known_pairs(*event)} for one in train]
    double = slow_groups(together, at_most, most, most_new) if pairs else {}

    def score(letter, values):
        nats = [0.0]
        for i, value in enumerate(values):
            if value is not None and (letter, i) in single:
                new, known = single[letter, i]
                nats.append(0.0 if value in known else new)
        for group, key in known_pairs(letter, values):
            new, known = double.get(group, (0.0, {key}))
            nats.append(0.0 if key in known else new)
        return max(nats)

    return [[score(*event) for event in one] for one in test] if single else None


@pytest.mark.parametrize("most_numbers", [None, 8, 7])
def test_a_place_of_many_numbers_holds_measurements(most_numbers):
    def windows(new):
        return [[("a", [str(i % 8)]), ("b", [f"user{i % 8}.x", "200"])] for i in range(80)] + [
            [("a", [new]), ("b", [f"{new}.x", new])]
        ]

    config = model_config("new_value").model_copy(update={"most_numbers": most_numbers})
    detector = config.build_detector()
    both = valued_set(windows("7"), windows("9"))
    detector.fit(both.part(Split.TRAIN))
    scores = detector.score_events(both.part(Split.TEST).unlabelled())
    assert not scores[:-2].any()
    assert scores[-1] > 0
    assert (scores[-2] > 0) == (most_numbers != 7)


@settings(max_examples=150, deadline=None)
@given(
    SEQUENCES,
    SEQUENCES,
    st.integers(0, 2),
    st.integers(1, 4),
    st.sampled_from([0.2, 0.5, 1.0]),
    st.booleans(),
)
def test_scores_and_events_are_those_of_the_slow_reference(
    train, test, at_most, most, most_new, pairs
):
    both = valued_set(train, test)
    options = {"seen_in_at_most": at_most, "most_values": most, "most_new": most_new}
    config = model_config("new_value").model_copy(update=options | {"pairs": pairs})
    detector = config.build_detector()
    wanted = slow_events(train, test, at_most=at_most, most=most, most_new=most_new, pairs=pairs)
    if wanted is None or not any(train):
        with pytest.raises(NotApplicable, match=r"^new_value needs "):
            detector.fit(both.part(Split.TRAIN))
        return
    detector.fit(both.part(Split.TRAIN))
    scored = both.part(Split.TEST).unlabelled()
    events = detector.score_events(scored)
    assert events == pytest.approx([x for one in wanted for x in one], abs=1e-12)
    assert detector.score(scored) == pytest.approx([max(one, default=0.0) for one in wanted])
    explained = detector.explain(scored, 99)
    assert [max((w for _, w in one), default=0.0) for one in explained] == pytest.approx(
        [max(one, default=0.0) for one in wanted]
    )
    if at_most == 0:
        assert not detector.score(both.part(Split.TRAIN).unlabelled()).any()


def copies(*values, times=3):
    """Sequences of one event `b` each."""
    return [[("b", value)] for _ in range(times) for value in values]


def test_new_values_and_pairs_are_named_with_what_was_known():
    train = copies(("10", "x"), ("10", "y"), ("20", "x"))
    test = [
        [("b", ("10", "x")), ("b", ("30", "z" * 70)), ("b", ("30", "x"))],
        [("b", ("20", "y"))],
        [("b", ("10", "y"))],
    ]
    both = valued_set(train, test)
    config = model_config("new_value", "pairs=true", "most_new=0.2")
    summary = run_model(config, both, progress=SILENT)
    new = pytest.approx(log(10))  # nine were shown, and none of them was rare
    assert summary.scores == pytest.approx([log(10), log(10), 0.0])
    assert summary.predicted.tolist() == [True, True, False]
    place = 'value of "b <*> <*>"'
    assert summary.explain(np.arange(3), 5) == [
        [
            (f"1st {place}: integer 30 was never seen (2 values were, as 10)", new),
            (f"2nd {place}: {'z' * 60}... was never seen (2 values were, as x)", new),
        ],
        [
            (
                f"1st and 2nd {place}: 20 and y were never seen together "
                "(3 pairs were, as 10 and x)",
                new,
            )
        ],
        [],
    ]
    assert summary.model_manifest["values"] == 4
    assert summary.model_manifest["pairs"] == 3


def test_a_value_of_one_sequence_is_new_where_that_sequence_is_judged_too():
    # split=all: what is judged has trained.
    train = [[("b", ("2", "x")), ("b", ("2", "x"))], *copies(("1", "x"), times=60)]
    both = replace(valued_set(train, []), split=np.full(61, Split.TEST, dtype=np.uint8))
    never = model_config("new_value").build_detector()
    once = model_config("new_value", "seen_in_at_most=1").build_detector()
    for detector in (never, once):
        detector.fit(both)
    assert not never.score(both).any()
    assert once.score(both) == pytest.approx([log(62 / 2)] + [0.0] * 60)
    ((text, _),) = once.explain(both.take(np.array([0])), 3)[0]
    assert text.endswith("2 was seen in at most 1 training sequence (one value was, 1)")


def test_identifiers_that_a_session_repeats_take_no_part():
    # Each value comes three times, but in one session: the next session has one of its own.
    train = [[("a", (str(number),))] * 3 for number in range(50)]
    detector = model_config("new_value").build_detector()
    with pytest.raises(NotApplicable, match=r"needs places whose values come again .*of 1 places"):
        detector.fit(valued_set(train, []))


def test_values_that_come_in_bursts_take_no_part():
    # None was seen once, and each is new when its burst begins.
    train = [[("a", (str(number // 10),))] for number in range(100)]
    detector = model_config("new_value").build_detector()
    with pytest.raises(NotApplicable, match=r"needs places whose values come again"):
        detector.fit(valued_set(train, []))
    mixed = [[("a", (str(number % 10),))] for number in range(100)]
    detector.fit(valued_set(mixed, []))
    assert detector.manifest()["values"] == 10


def test_what_is_labelled_anomalous_or_may_not_train_stays_new():
    train = copies(("1", "x"), times=4)
    detector = model_config("new_value", "most_new=0.5").build_detector()
    both = valued_set([*train, [("b", ("2", "x"))]], [[("b", ("2", "x"))]], [0] * 4 + [1])
    detector.fit(both.part(Split.TRAIN))
    assert detector.score(both.part(Split.TEST)).tolist() == [pytest.approx(log(5))]
    masked = replace(both, label=np.zeros(6, np.int8), train_events=np.arange(6) != 4)
    detector.fit(masked.part(Split.TRAIN))
    assert detector.score(masked.part(Split.TEST)).tolist() == [pytest.approx(log(5))]


@pytest.mark.parametrize("name", ["new_value", "value_range"])
def test_a_data_set_without_messages_cannot_train(name):
    detector = model_config(name).build_detector()
    with pytest.raises(NotApplicable, match=rf"^{name} needs the values in messages, and this"):
        detector.fit(sequence_set(["abc", "ab"], [0, 0]))


@pytest.mark.parametrize("option", ["seen_in_at_most=-1", "most_values=0", "most_new=1.5"])
def test_options_out_of_bounds_are_refused(option):
    with pytest.raises(ConfigError, match=rf"model\.{option.split('=')[0]}: this value does not"):
        model_config("new_value", option)
