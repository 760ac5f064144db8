from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.detection.triage import UNRATED, NoCluster
from anomalog_exp.errors import NotApplicable
from anomalog_exp.sequences.sequence_set import Split
from tests.backends import unless_missing
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

pytestmark = unless_missing("model", "deepcase")

SMALL = ("history=3", "units=32", "epochs=40", "seek_steps=30", "min_samples=3")


def test_an_event_is_as_risky_as_its_context_and_not_as_its_kind():
    """`x` behind `ab` is harmless, and behind `cd` it is not."""
    train = ["abx"] * 12 + ["cdx"] * 12
    labels = [0] * 12 + [1] * 12
    detector, test = fitted("deepcase", train, ["abx", "cdx"], *SMALL, labels=labels)
    events = detector.score_events(test)
    assert events[2] == 0
    assert events[5] == 1
    assert detector.score(test).tolist() == [0, 1]
    assert (detector.score(test) > detector.own_threshold).tolist() == [False, True]
    _, explained = detector.explain(test, 3)
    assert explained[0][0].startswith(("x after ", "d after ", "c after "))
    assert {weight for _, weight in explained} == {1.0}


def test_it_says_why_an_event_is_in_no_group_and_abstains_where_none_is():
    train = ["abx"] * 12 + ["cdx"] * 12 + ["e"] * 2
    labels = [0] * 12 + [1] * 12 + [0] * 2
    detector, test = fitted(
        "deepcase", train, ["abq", "e", "", "xxb"], *SMALL, "confidence=0.3", labels=labels
    )
    triage = detector.triage(test)
    triage.check("deepcase", 7)
    assert triage.cluster[2] == NoCluster.UNKNOWN_EVENT
    assert triage.cluster[3] < 0  # two training events are fewer than make a group
    assert (triage.cluster[:2] >= 0).all()
    assert triage.trained == 74
    assert triage.size.sum() == 72
    assert set(triage.risk.tolist()) == {0.0, 1.0}
    assert detector.abstained(test).tolist()[:3] == [False, True, True]
    assert detector.abstained_events(test).tolist() == (triage.cluster < 0).tolist()
    assert detector.score(test)[1:3].tolist() == [0, 0]


def test_labels_of_events_count_where_there_are_any():
    """Nothing of the sessions is labelled anomalous by their events but the last one of each."""
    texts = ["abx"] * 12 + ["cdx"] * 12
    both = sequence_set([*texts, "cdx"], [0] * 12 + [1] * 12 + [-1], tested=1)
    own = np.zeros(75, dtype=np.int8)
    own[36 + 2 : 72 : 3] = 1
    labelled = replace(both, dataset=replace(both.dataset, label=own))
    scores = {}
    for name, sequences in (("sessions", both), ("events", labelled)):
        detector = model_config("deepcase", *SMALL).build_detector()
        detector.fit(sequences.part(Split.TRAIN))
        scores[name] = detector.score_events(sequences.part(Split.TEST)).tolist()
    assert scores["sessions"] == [1, 1, 1]
    assert scores["events"] == [0, 0, 1]


def test_how_many_labelled_events_make_a_group_risky():
    texts, labels = ["abx"] * 20 + ["cdx"] * 9, [0] * 15 + [1] * 5 + [1] * 9
    for share, flagged in ((0.0, True), (0.2, True), (0.25, False), (0.5, False)):
        detector, test = fitted(
            "deepcase", texts, ["abx"], *SMALL, f"risky_share={share}", labels=labels
        )
        assert detector.score(test).tolist() == [0.25]
        assert bool(detector.score(test)[0] > detector.own_threshold) == flagged
        assert (detector.triage(test).risk[detector.triage(test).cluster] == flagged).all()


def test_attention_is_sought_for_events_that_are_not_expected():
    """Without the search, the rare `y` is never confident; with it, what comes before makes it so."""
    texts = ["abx"] * 60 + ["aby"] * 6 + ["zby"] * 40 + ["cdx"] * 5
    labels = [0] * 106 + [1] * 5
    grouped = {}
    for steps in (0, 100):
        detector, test = fitted(
            *("deepcase", texts, ["aby"]),
            *("history=3", "units=32", "epochs=300", "confidence=0.15", f"seek_steps={steps}"),
            labels=labels,
        )
        grouped[steps] = int(detector.triage(test).cluster[2])
    assert grouped[0] == NoCluster.NOT_CONFIDENT
    assert grouped[100] != NoCluster.NOT_CONFIDENT


def test_next_events_are_ranked():
    detector, test = fitted(
        "deepcase", ["abx"] * 12 + ["cdx"] * 12, ["abx", "aq"], *SMALL, labels=[0] * 12 + [1] * 12
    )
    assert detector.rank_next_events(test).tolist() == [-1, 0, 0, -1, 5]


def test_normal_sequences_alone_cannot_rate():
    with pytest.raises(NotApplicable, match="needs both classes in train"):
        fitted("deepcase", ["abx"] * 3, [], *SMALL)


def test_an_unrated_group_decides_nothing():
    detector, test = fitted(
        "deepcase", ["abx"] * 12 + ["cdx"] * 12, ["abx"], *SMALL, labels=[0] * 12 + [1] * 12
    )
    detector._share = np.full_like(detector._share, UNRATED)
    assert detector.abstained(test).all()
    assert detector.score(test).tolist() == [0]
