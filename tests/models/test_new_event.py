from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

TEXTS = st.lists(st.text("abcxy", max_size=6), min_size=1, max_size=6)
LABELLED = st.lists(st.tuples(st.text("abc", max_size=5), st.sampled_from([-1, 0, 1])), max_size=8)


@settings(max_examples=80, deadline=None)
@given(LABELLED, TEXTS, st.integers(0, 2))
def test_scores_and_events_are_those_of_the_slow_reference(labelled, test, at_most):
    shown = Counter(letter for text, label in labelled if label != 1 for letter in set(text))
    known = {letter for letter, sequences in shown.items() if sequences > at_most}
    train, labels = [text for text, _ in labelled], [label for _, label in labelled]
    if not shown:
        with pytest.raises(NotApplicable, match=r"^new_event needs events in train that are not"):
            fitted("new_event", train, test, labels=labels)
        return
    option = f"seen_in_at_most={at_most}"
    detector, scored = fitted("new_event", train, test, option, labels=labels)
    assert detector.manifest() == {"known_templates": len(known)}
    wanted = [sum(letter not in known for letter in text) for text in test]
    assert detector.score(scored).tolist() == wanted
    events = [float(letter not in known) for text in test for letter in text]
    assert detector.score_events(scored).tolist() == events


def test_one_new_event_is_flagged_and_named():
    both = sequence_set(["abc", "ab", "cab", "axbyx", ""], [0, 0, -1, -1, -1], tested=3)
    summary = run_model(model_config("new_event"), both, progress=SILENT)
    assert summary.predicted.tolist() == [False, True, False]
    assert summary.explain(np.arange(3), 5) == [[], [("x", 2.0), ("y", 1.0)], []]


def test_what_is_labelled_anomalous_or_may_not_train_stays_unknown():
    detector, test = fitted("new_event", ["ab", "xx"], ["abx"], labels=[0, 1])
    assert detector.score(test).tolist() == [1.0]
    both = sequence_set(["abx", "abx"], tested=1)
    stream = replace(both, train_events=np.array([1, 0, 1, 0, 0, 0], dtype=bool))
    detector.fit(stream.part(Split.TRAIN))
    assert detector.score_events(stream.part(Split.TEST)).tolist() == [0.0, 1.0, 0.0]


def test_a_config_from_before_is_what_it_was():
    config = model_config("new_event")
    values = config.model_dump(mode="json")
    assert "seen_in_at_most" not in values
    assert type(config).of(values, "model") == config
