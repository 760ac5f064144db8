from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

MESSAGES = st.lists(st.sampled_from(["up", "go", "x", "ab"]), min_size=1, max_size=4).map(" ".join)
SEQUENCES = st.lists(st.lists(MESSAGES, max_size=4), min_size=1, max_size=5)


def slow_grams(message, unit, n):
    parts = tuple(message.split()) if unit == "words" else message
    return [parts[i : i + n] for i in range(len(parts) - n + 1)] or [parts]


@settings(max_examples=100, deadline=None)
@given(
    SEQUENCES.filter(any),
    SEQUENCES,
    st.sampled_from(["words", "characters"]),
    st.integers(1, 3),
    st.sampled_from([0.1, 1.0, 5.0]),
)
def test_scores_and_events_are_those_of_the_slow_reference(train, test, unit, n, smoothing):
    seen = Counter(
        gram for one in train for message in one for gram in slow_grams(message, unit, n)
    )
    total = sum(seen.values()) + smoothing * (len(seen) + 1)

    def mean(messages):
        grams = [gram for message in messages for gram in slow_grams(message, unit, n)]
        surprise = [-log((seen[gram] + smoothing) / total) for gram in grams]
        return sum(surprise) / max(len(grams), 1)

    options = [f"unit={unit}", f"n={n}", f"smoothing={smoothing}"]
    detector, scored = fitted("rarity", train, test, *options)
    assert detector.score(scored) == pytest.approx([mean(one) for one in test], rel=1e-12)
    events = [mean([message]) for one in test for message in one]
    assert detector.score_events(scored) == pytest.approx(events, rel=1e-12)


def test_three_messages_worked_out_by_hand():
    # net 2, up 1, down 1 of 4 words; three kinds and one for the rest: (n + 1) / 8.
    train = [["net up", "net down"], ["cpu hot"]]
    detector, scored = fitted("rarity", train, [["net cpu"], ["<*>", "up up"], []], labels=[0, 1])
    assert detector.score(scored) == pytest.approx([log(8 / 3 * 8) / 2, log(8 / 2), 0], rel=1e-12)
    # The average word of training, which "net" is more common than.
    average = (2 * log(8 / 3) + 2 * log(4)) / 4
    assert detector.explain(scored, 2) == [
        [("cpu", pytest.approx(log(8) - average))],
        [("up", pytest.approx(2 * (log(4) - average)))],
        [],
    ]
    assert detector.manifest() == {"vocabulary": 3}


def test_events_that_may_not_train_teach_no_words():
    both = sequence_set([["a b", "c"], ["b c"]], tested=1)
    stream = replace(both, train_events=np.array([1, 0, 0], dtype=bool))
    detector = model_config("rarity").build_detector()
    detector.fit(stream.part(Split.TRAIN))
    # a and b once each; two kinds and one for the rest: (n + 1) / 5.
    wanted = (log(5 / 2) + log(5 / 1)) / 2
    assert detector.score(stream.part(Split.TEST)) == pytest.approx([wanted], rel=1e-12)
    nothing = replace(stream, train_events=np.zeros(3, dtype=bool))
    with pytest.raises(NotApplicable, match=r"^rarity needs events in train"):
        detector.fit(nothing.part(Split.TRAIN))


@pytest.mark.parametrize("option", ["unit=letters", "n=0", "smoothing=0"])
def test_options_out_of_bounds_are_refused(option):
    with pytest.raises(ConfigError, match=rf"model\.{option.split('=')[0]}: this value does not"):
        model_config("rarity", option)
