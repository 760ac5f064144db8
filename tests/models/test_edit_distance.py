from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import NotApplicable
from anomalog_exp.features import nearest_texts
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

TRAIN = st.lists(st.text("abc", max_size=9), min_size=1, max_size=8).filter(any)
TEXTS = st.lists(st.text("abcxy", max_size=9), min_size=1, max_size=6)


def slow_edits(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        diagonal, row[0] = row[0], i + 1
        for j, b in enumerate(other):
            diagonal, row[j + 1] = row[j + 1], min(row[j] + 1, row[j + 1] + 1, diagonal + (a != b))
    return row[-1]


def slow_distance(one, other):
    return slow_edits(one, other) / max(len(one), len(other), 1)


def slow_scores(train, test):
    return [min(slow_distance(text, one) for one in train) for text in test]


@settings(max_examples=120, deadline=None)
@given(TRAIN, TEXTS, st.sampled_from([0, 4, 64]), st.integers(1, 32))
def test_scores_are_those_of_the_slow_reference_in_any_portions(train, test, at_once, size):
    detector, scored = fitted("edit_distance", train, test)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_texts, "_AT_ONCE", at_once)
        patch.setattr(nearest_texts, "_FIRST", size)
        patch.setattr(nearest_texts, "_PAIRS", 1)
        assert detector.score(scored).tolist() == slow_scores(train, test)


def test_long_sequences_and_many_of_a_length_are_compared_exactly():
    random = np.random.default_rng(0)
    bases = ["".join(random.choice(list("abcdef"), n)) for n in (90, 110, 70, 30)]

    def varied():
        text = list(bases[random.integers(len(bases))])
        for _ in range(random.integers(0, 25)):
            place = random.integers(len(text))
            text[place : place + random.integers(0, 2)] = random.choice(list("abcdefx"))
        return "".join(text)

    train, test = [varied().replace("x", "") for _ in range(60)], [varied() for _ in range(30)]
    detector, scored = fitted("edit_distance", train, test)
    assert detector.score(scored).tolist() == slow_scores(train, test)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=2, max_size=8))
def test_left_out_scores_are_those_of_the_others_in_any_portions(train):
    detector, _ = fitted("edit_distance", train, [])
    wanted = [slow_scores([*train[:i], *train[i + 1 :]], [text])[0] for i, text in enumerate(train)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_texts, "_FIRST", 2)
        patch.setattr(nearest_texts, "_PAIRS", 1)
        scores = detector.left_out_scores(sequence_set(train, [0] * len(train)))
    assert scores.tolist() == wanted


def test_edits_worked_out_by_hand():
    texts = ["abcd", "abd", "abxcd", "ayd", "", "xyz", "axcy"]
    detector, test = fitted("edit_distance", ["abcd", "abcd", "aabbccdd"], texts)
    assert detector.score(test).tolist() == [0, 1 / 4, 1 / 5, 2 / 4, 1, 1, 2 / 4]
    assert detector.manifest() == {"training_sequences": 2}
    nearest = "nearest: a -> b -> c -> d"
    told = detector.explain(test, 3)
    assert told[:3] == [
        [],
        [(nearest, 1 / 4), ("missing before event 3: c", 1 / 4)],
        [(nearest, 1 / 5), ("event 3 is extra: x", 1 / 5)],
    ]
    assert told[4] == [(nearest, 1.0), *((f"missing before event 1: {x}", 1 / 4) for x in "ab")]
    assert told[6] == [
        (nearest, 1 / 2),
        ("event 2 is x instead of b", 1 / 4),
        ("event 4 is y instead of d", 1 / 4),
    ]
    # Where there are several ways to edit, one of the shortest is told.
    assert [len(one) for one in detector.explain(test, 9)] == [0, 2, 2, 3, 5, 5, 3]


def test_a_long_nearest_sequence_is_cut_when_told():
    detector, test = fitted("edit_distance", ["abcabcabcabc"], ["abcabcabcab"])
    (told,) = detector.explain(test, 1)
    assert told[0][0] == f"nearest: {' -> '.join('abcabcabca')} -> ... (12 events)"


def test_templates_beyond_the_code_points_that_are_no_characters_are_told_apart():
    # 0xD800 to 0xDFFF are surrogates, which no text may hold.
    known = np.arange(0xD800 + 3)
    alphabet = nearest_texts.Alphabet(known, len(known) + 1)
    both = sequence_set(["ab"])
    codes = np.array([0, 0xD7FF, 0xD800, 0xD802, 0xD803])
    one = replace(both, order=np.arange(5), start=np.array([0]), stop=np.array([5]))
    one = replace(one, dataset=replace(both.dataset, template=codes))
    one = replace(one, label=one.label[:1], split=one.split[:1], entity=one.entity[:1])
    (text,) = alphabet.texts(one)
    assert [ord(letter) for letter in text] == [0, 0xD7FF, 0xE000, 0xE002, 0xE003]
    assert alphabet.templates(text[:4]).tolist() == codes[:4].tolist()


def test_more_templates_than_characters_are_refused():
    both = sequence_set(["ab"])
    detector = model_config("edit_distance").build_detector()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_texts, "_GAP", 0x110000 - 2)
        with pytest.raises(NotApplicable, match=r"^edit_distance needs fewer than 1,112,064 templ"):
            detector.fit(both)


def test_the_threshold_is_how_far_the_farthest_training_sequence_is_from_the_others():
    texts = ["abcd", "abcd", "abc", "abcd", "abcc", "abdd", "xbcx", "abcd"]
    both = sequence_set(texts, [0] * 5 + [-1] * 3, tested=3)
    summary = run_model(model_config("edit_distance"), both, progress=SILENT)
    # abcc is one edit of four from abcd and from abc, as abc is from them; abcd is there three times.
    assert summary.threshold == 1 / 4
    assert summary.scores.tolist() == [1 / 4, 1 / 2, 0]
    assert summary.predicted.tolist() == [False, True, False]
