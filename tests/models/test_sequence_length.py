from __future__ import annotations

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

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(LENGTHS.filter(any), LENGTHS)
def test_scores_are_those_of_the_slow_reference(trained, tested):
    train, test = (["a" * n for n in lengths] for lengths in (trained, tested))
    detector, scored = fitted("sequence_length", train, test)
    wanted = [min(abs(n - fit) for fit in range(min(trained), max(trained) + 1)) for n in tested]
    assert detector.score(scored).tolist() == wanted


def test_what_is_outside_the_range_is_flagged_and_told():
    texts = ["ab", "abcd", "aaaaaaaaa", "a", "xyz", "ab", "abcdxx"]
    both = sequence_set(texts, [0, 0, 1, -1, -1, -1, -1], tested=4)
    summary = run_model(model_config("sequence_length"), both, progress=SILENT)
    assert summary.scores.tolist() == [1.0, 0.0, 0.0, 2.0]
    assert summary.predicted.tolist() == [True, False, False, True]
    assert summary.explain(np.array([0, 1, 3]), 2) == [
        [("1 event, training has 2 to 4", 1.0)],
        [],
        [("6 events, training has 2 to 4", 2.0)],
    ]
    assert summary.model_manifest["shortest"] == 2
    assert summary.model_manifest["longest"] == 4


def test_a_stream_that_trains_on_single_events_has_no_lengths_to_learn():
    both = sequence_set(["ab", "ab"], tested=1)
    stream = replace(both, train_events=np.array([1, 1, 0, 0], dtype=bool))
    detector = model_config("sequence_length").build_detector()
    with pytest.raises(NotApplicable, match=r"^sequence_length needs whole sequences"):
        detector.fit(stream.part(Split.TRAIN))
