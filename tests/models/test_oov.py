from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

MESSAGES = st.lists(st.sampled_from(["up", "go", "x", "ab"]), min_size=1, max_size=4).map(" ".join)
SEQUENCES = st.lists(st.lists(MESSAGES, max_size=4), min_size=1, max_size=5)


def slow_grams(message, unit, n):
    parts = message.split() if unit == "words" else message
    return [parts[i : i + n] for i in range(len(parts) - n + 1)] or [parts]


@settings(max_examples=100, deadline=None)
@given(
    SEQUENCES.filter(any), SEQUENCES, st.sampled_from(["words", "characters"]), st.integers(1, 3)
)
def test_scores_and_events_are_those_of_the_slow_reference(train, test, unit, n):
    known = [gram for one in train for message in one for gram in slow_grams(message, unit, n)]
    detector, scored = fitted("oov", train, test, f"unit={unit}", f"n={n}")

    def share(messages):
        grams = [gram for message in messages for gram in slow_grams(message, unit, n)]
        return sum(gram not in known for gram in grams) / max(len(grams), 1)

    assert detector.score(scored).tolist() == [share(one) for one in test]
    assert detector.score_events(scored).tolist() == [share([x]) for one in test for x in one]


def test_unknown_words_are_named_with_their_number():
    train = [["disk <*> ok", "net up"], ["net up"], ["cpu hot"]]
    test = [["disk up", "net down", "net down cpu"], ["<*>"], []]
    detector, scored = fitted("oov", train, test, labels=[0, -1, 1])
    # disk up net down net down cpu: cpu was shown by what is anomalous alone.
    assert detector.score(scored).tolist() == [3 / 7, 0.0, 0.0]
    assert detector.explain(scored, 5) == [[("down", 2.0), ("cpu", 1.0)], [], []]
    assert detector.manifest() == {"vocabulary": 4}


def test_the_threshold_is_that_of_normal_sequences_held_out():
    normal = [["a b c d"], ["a b c"], ["a b"], ["a"], ["c d e f"]]
    test = [["c d"], ["a x"], ["x y z"]]
    both = sequence_set([*normal, *test], [0] * 5 + [-1] * 3, tested=3)
    summary = run_model(model_config("oov"), both, progress=SILENT)
    assert summary.threshold == 2 / 4
    assert summary.predicted.tolist() == [False, False, True]


def test_events_that_may_not_train_teach_no_words():
    both = sequence_set([["a b", "c"], ["b c"]], tested=1)
    stream = replace(both, train_events=np.array([1, 0, 0], dtype=bool))
    detector = model_config("oov").build_detector()
    detector.fit(stream.part(Split.TRAIN))
    assert detector.score(stream.part(Split.TEST)).tolist() == [1 / 2]
    nothing = replace(stream, train_events=np.zeros(3, dtype=bool))
    with pytest.raises(NotApplicable, match=r"^oov needs events in train"):
        detector.fit(nothing.part(Split.TRAIN))


@pytest.mark.parametrize("option", ["unit=letters", "n=0"])
def test_options_out_of_bounds_are_refused(option):
    with pytest.raises(ConfigError, match=rf"model\.{option.split('=')[0]}: this value does not"):
        model_config("oov", option)
