from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.models.markov import Config
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import unfitted
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of

LABELLED = st.lists(st.tuples(st.text("abc", max_size=6), st.sampled_from([-1, 0, 1])), max_size=10)
TEXTS = st.lists(st.text("abcx", max_size=6), min_size=1, max_size=6)
SMOOTHING = st.sampled_from([0.01, 0.5, 1.0, 7.0])


def steps(text, order):
    """Each context of `order` symbols with the symbol after it, up to the end of the text."""
    padded = ["^"] * order + list(text) + ["$"]
    return [(tuple(padded[i : i + order]), padded[i + order]) for i in range(len(text) + 1)]


def carried_steps(before, text, order):
    """The same where what stood before the text goes on in it, and it does not end."""
    padded = ["^"] * order + list(before) + list(text)
    places = range(len(before), len(before) + len(text))
    return [(tuple(padded[i : i + order]), padded[i + order]) for i in places]


def slow_scores(train, labels, test, order, smoothing):
    trained = [steps(text, order) for text, label in zip(train, labels, strict=True) if label != 1]
    return slow_means(trained, [steps(text, order) for text in test], smoothing)


def slow_means(trained, scored, smoothing):
    """Mean surprise of each of the lists of steps, after training on others."""
    seen = [step for one in trained for step in one]
    pairs, contexts = Counter(seen), Counter(context for context, _ in seen)
    kinds = len({symbol for _, symbol in seen}) + 1

    def surprise(context, symbol):
        share = pairs[context, symbol] + smoothing
        return -log(share / (contexts[context] + smoothing * kinds))

    return [sum(surprise(*step) for step in one) / max(len(one), 1) for one in scored]


def fit_and_score(train, labels, test, order=1, smoothing=1.0):
    both = sequence_set([*train, *test], [*labels, *[-1] * len(test)], tested=len(test))
    detector = unfitted("markov", order=order, smoothing=smoothing)
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)


@settings(max_examples=100, deadline=None)
@given(LABELLED, TEXTS, st.integers(1, 4), SMOOTHING)
def test_scores_are_those_of_the_slow_reference(labelled, test, order, smoothing):
    train, labels = [text for text, _ in labelled], [label for _, label in labelled]
    detector, scored = fit_and_score(train, labels, test, order, smoothing)
    wanted = slow_scores(train, labels, test, order, smoothing)
    assert detector.score(scored) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1)])
@pytest.mark.parametrize("order", [1, 2])
def test_windows_that_overlap_train_and_are_scored_as_often_as_they_are_seen(grouping, order):
    whole = grouping.apply(sessions("aaab", "abcab", "bcada", "xbac"), chronological())
    train, test = whole.part(Split.TRAIN), whole.part(Split.TEST)
    detector = unfitted("markov", order=order, smoothing=1.0)
    detector.fit(train)
    wanted = slow_scores(texts_of(train), [-1] * len(train), texts_of(test), order, 1.0)
    assert detector.score(test) == pytest.approx(wanted, rel=1e-12)


def test_order_one_worked_out_by_hand():
    # Steps ^a ab b$ and ^a a$: ^ is followed by a twice; a by b once and by the end once; b by the
    # end. Symbols that follow: a, b, end, and one for the rest.
    detector, test = fit_and_score(["ab", "a"], [0, -1], ["ab", "ba", "x", ""])
    assert detector.manifest() == {"contexts": 3, "transitions": 4}
    start_a, a_b, b_end = 3 / 6, 2 / 6, 2 / 5
    wanted = [
        -(log(start_a) + log(a_b) + log(b_end)) / 3,
        -(log(1 / 6) + log(1 / 5) + log(2 / 6)) / 3,
        -(log(1 / 6) + log(1 / 4)) / 2,
        -log(1 / 6),
    ]
    assert detector.score(test) == pytest.approx(wanted, rel=1e-12)


def test_order_two_worked_out_by_hand():
    # Steps ^^a ^ab abc bc$ and ^^a ^ab abd bd$; a, b, c, d, end and one for the rest follow.
    detector, test = fit_and_score(["abc", "abd"], [0, 0], ["abd", "bc"], order=2, smoothing=0.5)
    known = -(log(2.5 / 5) + log(2.5 / 5) + log(1.5 / 5) + log(1.5 / 4)) / 4
    # ^b is a context never seen: every symbol is as likely. bc is one, and the end follows it.
    other = -(log(0.5 / 5) + log(1 / 6) + log(1.5 / 4)) / 3
    assert detector.score(test) == pytest.approx([known, other], rel=1e-12)
    assert detector.manifest() == {"contexts": 5, "transitions": 6}


@pytest.mark.parametrize("context", ["a", "b", "x"])
def test_probabilities_of_what_may_follow_add_up_to_one(context):
    # Two-event texts differ from each other in their second event and its step to the end alone.
    symbols = ["a", "b", "c", "unseen"]
    train = [["a", "b", "c"], ["a", "a"], ["b"]]
    test = [[context, symbol] for symbol in symbols] + [[context]]
    detector, scored = fit_and_score(train, [0] * 3, test)
    explained = detector.explain(scored, 9)
    after = [dict(explained[n])[f"{context} -> {symbol}"] for n, symbol in enumerate(symbols)]
    after.append(dict(explained[-1])[f"{context} -> (end)"])
    assert sum(np.exp(-np.array(after))) == pytest.approx(1.0, rel=1e-12)


def test_a_sequence_that_stops_early_is_stranger_than_one_that_ends_as_it_should():
    detector, test = fit_and_score(["abcd"] * 9, [0] * 9, ["abcd", "abc"])
    whole, cut = detector.score(test)
    assert cut > 2 * whole


def test_anomalous_training_sequences_teach_nothing():
    with_them, test = fit_and_score(["ab", "xxxx", "a"], [0, 1, -1], ["abx", "x"])
    without, same = fit_and_score(["ab", "a"], [0, -1], ["abx", "x"])
    assert with_them.score(test).tolist() == without.score(same).tolist()


def test_where_nothing_normal_trained_every_step_is_as_unlikely_as_any():
    detector, test = fit_and_score(["ab"], [1], ["ab", "x", ""])
    assert detector.score(test).tolist() == [0.0, 0.0, 0.0]
    assert detector.manifest() == {"contexts": 0, "transitions": 0}


@pytest.mark.parametrize("order", [1, 2])
def test_evidence_is_the_steps_with_the_context_of_each(order):
    texts = ["abxc", "", "cc"]
    detector, test = fit_and_score(["abc", "ab"], [0, 0], texts, order)
    found = detector.explain(test, 99)
    names = {"^": "(start)", "$": "(end)"}
    for text, evidence in zip(texts, found, strict=True):
        told = [
            " -> ".join(names.get(s, s) for s in (*c, next_)) for c, next_ in steps(text, order)
        ]
        assert sorted(step for step, _ in evidence) == sorted(told)
        weights = [weight for _, weight in evidence]
        assert weights == sorted(weights, reverse=True)
    means = [np.mean([weight for _, weight in evidence]) for evidence in found]
    assert means == pytest.approx(detector.score(test), rel=1e-12)
    assert detector.explain(test, 2) == [evidence[:2] for evidence in found]


def test_equally_rare_steps_stand_in_the_order_of_the_sequence():
    detector, test = fit_and_score(["a"], [0], ["xyz"])
    assert [step for step, _ in detector.explain(test, 4)[0]] == [
        "(start) -> x", "x -> y", "y -> z", "z -> (end)",
    ]  # fmt: skip


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("size_and_step", [(None, None), (1, None), (2, None), (3, 1)])
def test_continuous_context_reaches_back_to_where_the_session_begins(order, size_and_step):
    # Sessions hold a letter once, so that each window says where in its session it stands.
    texts = ["abcde", "bcda", "e", "acbd", "bxcad", "c"]
    size, step = size_and_step
    whole = entity(size, step, continuous_context=True).apply(sessions(*texts), chronological())
    wanted = []
    for text, session in zip(texts_of(whole), whole.entity, strict=True):
        begin = texts[session].index(text[0])
        wanted.append(carried_steps(texts[session][:begin], text, order))
    trained = [one for one, part in zip(wanted, whole.split, strict=True) if part == Split.TRAIN]
    scored = [one for one, part in zip(wanted, whole.split, strict=True) if part == Split.TEST]
    detector = unfitted("markov", order=order, smoothing=1.0)
    detector.fit(whole.part(Split.TRAIN))
    test = whole.part(Split.TEST)
    assert detector.score(test) == pytest.approx(slow_means(trained, scored, 1.0), rel=1e-12)
    # What a window's context is does not depend on which other windows are scored with it.
    alone = [detector.score(test.take(np.array([n])))[0] for n in range(len(test))]
    assert alone == detector.score(test).tolist()


def test_windows_with_continuous_context_add_up_to_their_session():
    log = sessions("abcab", "bcacb", "abxabca")
    whole = entity(continuous_context=True).apply(log, chronological(0.6, 0.3))
    windows = entity(2, continuous_context=True).apply(log, chronological(0.6, 0.3))
    detector = unfitted("markov", order=2, smoothing=1.0)
    detector.fit(whole.part(Split.TRAIN))
    parts = windows.part(Split.TEST)
    total = (detector.score(parts) * parts.lengths).sum()
    assert total == pytest.approx(detector.score(whole.part(Split.TEST))[0] * 7, rel=1e-12)


def test_events_that_may_not_train_teach_nothing_and_are_context_for_others():
    # As in a stream: single rows train. The steps into "x" and from the last "b" are masked out.
    both = sequence_set(["abxab", "abxab"], tested=1)
    mask = np.array([letter in "a" or n == 1 for n, letter in enumerate("abxab" * 2)])
    stream = replace(both, origin=np.array([0, 0]), train_events=mask)
    detector = unfitted("markov", order=1, smoothing=1.0)
    detector.fit(stream.part(Split.TRAIN))
    learned = [(("^",), "a"), (("a",), "b"), (("x",), "a")]
    scored = carried_steps("abxab", "abxab", 1)
    wanted = slow_means([learned], [scored], 1.0)
    assert detector.score(stream.part(Split.TEST)) == pytest.approx(wanted, rel=1e-12)


def test_contexts_too_many_to_tell_apart_are_an_error_of_the_order():
    with pytest.raises(ConfigError, match=r"model\.order: 2 templates have too many contexts"):
        fit_and_score(["ab"], [0], ["a"], order=31)
    detector, test = fit_and_score(["ab"], [0], ["ab", "ba"], order=30)
    assert detector.score(test) == pytest.approx(slow_scores(["ab"], [0], ["ab", "ba"], 30, 1.0))


@pytest.mark.parametrize(
    ("option", "value"), [("order", 0), ("order", 1.5), ("smoothing", 0.0), ("smoothing", -1.0)]
)
def test_options_out_of_bounds_are_refused(option, value):
    values = {
        "name": "markov",
        "order": 1,
        "smoothing": 1.0,
        "decision": {"name": "fixed", "value": 1.0},
    }
    with pytest.raises(ConfigError, match=rf"model\.{option}: this value does not fit"):
        Config.of(values | {option: value}, "model")
