from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.detection.judge import Judge
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.detectors import fitted, model_config
from tests.logs import built, log_dataset
from tests.sequencing import chronological, fixed, sequence_set

NAME = "nearest_tokens"
LINES = st.lists(st.sampled_from(["up", "go", "x", "ab", "c", "<*>"]), min_size=1, max_size=4)
MESSAGES = LINES.map(" ".join)


def words(line):
    return frozenset(word for word in line.split() if word != "<*>") or frozenset([line])


def slow(train, labels):
    """From a line to its distances to normal and to anomalous lines, all pairs compared."""
    balance = Counter()
    for line, label in zip(train, labels, strict=True):
        balance[words(line)] += 1 if label == 1 else -1
    kinds = [[one for one, sum_ in balance.items() if (sum_ >= 0) == kind] for kind in (0, 1)]

    def distances(line):
        one = words(line)
        return [min((1 - len(one & k) / len(one | k) for k in kind), default=1.0) for kind in kinds]

    return distances, bool(kinds[1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(MESSAGES, st.sampled_from([0, 0, 1, -1])), min_size=1, max_size=9),
    st.lists(st.lists(MESSAGES, max_size=4), min_size=1, max_size=5),
)
def test_scores_and_verdicts_are_those_of_all_pairs(train, test):
    lines, labels = zip(*train, strict=True)
    if all(label == 1 for label in labels):
        with pytest.raises(NotApplicable, match="nearest_tokens needs events in train"):
            fitted(NAME, [[line] for line in lines], test, labels=labels)
        return
    detector, scored = fitted(NAME, [[line] for line in lines], test, labels=labels)
    distances, both = slow(lines, labels)
    found = [[distances(line) for line in one] for one in test]
    score = [[normal - anomalous if both else normal for normal, anomalous in one] for one in found]
    assert detector.score_events(scored).tolist() == [line for one in score for line in one]
    scores = detector.score(scored)
    assert scores.tolist() == [max(one, default=-1.0 if both else 0.0) for one in score]
    # The label of the nearest line; without anomalous ones, that it is far from all.
    verdict = [
        any(anomalous <= normal if both else normal > 0.5 for normal, anomalous in one)
        for one in found
    ]
    assert (scores > detector.own_threshold).tolist() == verdict
    assert detector.own_event_threshold == detector.own_threshold


def test_the_evidence_names_the_nearest_lines_and_the_words_apart():
    train = [["disk <*> ok now"], ["disk <*> has failed"], ["net up"], ["net up"], ["net up"]]
    test = [["disk <*> failed", "net up"], ["net up"], ["cpu hot"], ["net up soon"], []]
    detector, scored = fitted(NAME, train, test, labels=[0, 1, 0, 1, 0])
    known = "disk <*> has failed (only there: has); 0.75 from normal disk <*> ok now"
    told, nothing, strange, other, empty = detector.explain(scored, 3)
    assert told == [
        (
            f"disk <*> failed; 0.33 from anomalous {known} (only here: failed, only there: ok now)",
            pytest.approx(3 / 4 - 1 / 3),
        )
    ]
    assert nothing == empty == []
    # No word in common with any line: as near to both kinds, which is anomalous.
    assert [weight for _, weight in strange] == [0.0]
    assert detector.score(scored)[2] > detector.own_threshold
    assert [weight for _, weight in other] == [pytest.approx(1 / 3 - 1)]
    assert detector.manifest() == {"normal_lines": 2, "anomalous_lines": 1}


def test_without_anomalous_lines_it_is_the_distance_to_normal_ones():
    detector, scored = fitted(NAME, [["a b c d"], ["<*> <*>"]], [["a b c"], ["a x"], ["<*> <*>"]])
    assert detector.score(scored).tolist() == pytest.approx([1 / 4, 4 / 5, 0], abs=1e-12)
    assert detector.own_threshold == 0.5
    assert detector.manifest() == {"normal_lines": 2, "anomalous_lines": 0}
    assert detector.explain(scored, 1)[1:] == [
        [("a x; 0.80 from normal a b c d (only here: x, only there: b c d)", pytest.approx(4 / 5))],
        [],
    ]


def test_of_an_anomalous_window_only_the_lines_labelled_so_are_anomalous():
    texts = ["go up", "it broke", "go up", "go up", "it broke", "go down"]
    rows = [("n", text, 1000 * i, int("broke" in text)) for i, text in enumerate(texts)]
    found = fixed(2).apply(log_dataset(rows), chronological(2 / 3, 1 / 3))
    detector = model_config(NAME).build_detector()
    detector.fit(found.part(Split.TRAIN))
    assert detector.manifest() == {"normal_lines": 1, "anomalous_lines": 1}
    assert detector.score_events(found.part(Split.TEST)).tolist() == [1.0, pytest.approx(2 / 3 - 1)]


def test_where_single_normal_events_train_no_line_is_anomalous():
    both = sequence_set([["a"], ["b"], ["a"]], [0, 1, -1], tested=1)
    may_train = np.array([True, False, False])
    detector = model_config(NAME).build_detector()
    detector.fit(replace(both, train_events=may_train).part(Split.TRAIN))
    assert detector.manifest() == {"normal_lines": 1, "anomalous_lines": 0}


def test_what_training_did_not_show_is_like_no_line(tmp_path):
    train = sequence_set([["go up"], ["it broke"]], [0, 1])
    judge = Judge.fitted(model_config(NAME), train)
    other = sequence_set([["it broke"], ["it broke down"], ["go up"]])
    assert judge.judge(other).scores.tolist() == [1.0, 0.0, -1.0]


def test_on_real_bgl_lines_it_is_what_the_paper_does(shared_data, tmp_path):
    log = shared_data / "loghub_2k/BGL/BGL_2k.log"
    dataset = built(composed("dataset=bgl", "template=identity"), log, tmp_path / "built")
    sequences = fixed(10).apply(dataset, chronological(0.8, 0.2))
    summary = run_model(model_config(NAME), sequences, progress=SILENT)
    test = sequences.part(Split.TEST)
    # 11 of 40 windows are anomalous.
    assert int((test.label == 1).sum()) == 11
    assert summary.predicted.tolist() == (test.label == 1).tolist()

    parts = [line.split(" ") for line in log.read_text(encoding="utf-8").splitlines()]
    raw = [
        frozenset(t for t in p[8:] if any(map(str.isalpha, t)) and not any(map(str.isdigit, t)))
        for p in parts
    ]
    anomalous = [one[0] != "-" for one in parts]
    known = [
        {one for one, is_so in zip(raw[:1600], anomalous, strict=False) if is_so == kind}
        for kind in (False, True)
    ]
    assert not known[0] & known[1]

    def nearest(one, kind):
        return min(1 - len(one & other) / max(len(one | other), 1) for other in known[kind])

    plain = [nearest(one, True) <= nearest(one, False) for one in raw[1600:]]
    detector = model_config(NAME).build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    assert (detector.score_events(test) > detector.own_threshold).tolist() == plain
    missed = [place for place in range(400) if plain[place] != anomalous[1600 + place]]
    assert len(missed) == 1
