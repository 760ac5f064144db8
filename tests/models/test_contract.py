"""Promises that every detector keeps; a new one is tested by being there."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import model_names, resolve_model_config_type, run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import Row, log_dataset

NORMAL = ["abcd", "abcd", "abdc", "abcd", "abccd", "abcd", "abd", "abcd"]
STRANGE = ["abx", "dcba", "aaaaaaa", "xyz"]


@cache
def config(name: str) -> ExperimentModelConfig:
    return composed(f"model={name}").model


def dataset(texts: list[str], labels: list[int], unseen: str = "uvw"):
    """Sessions of one-letter templates, with templates no session shows.

    Events stand a second apart, seven in sessions labelled anomalous, and the value in their messages
    is 1 or 2, or seven there.
    """
    rows: list[Row] = [
        (f"s{i}", letter, 1000 * (100 * i + (7 if labels[i] == 1 else 1) * place), -1)
        for i, text in enumerate(texts)
        for place, letter in enumerate(text)
    ]
    names = {f"s{i}": label for i, label in enumerate(labels)}
    values = [
        ["7" if labels[i] == 1 else str(1 + i % 2)] for i, text in enumerate(texts) for _ in text
    ]
    return log_dataset(rows, entity_labels=names, templates=list("abcdxyz" + unseen), values=values)


def sequences(**options) -> SequenceSet:
    """Half of the sessions train, with both classes; the other half shows templates never seen."""
    first = [*NORMAL * 3, *STRANGE]
    second = [*NORMAL, *STRANGE, "uvw", "a", "abuvw"]
    labels = [0] * 24 + [1] * 4 + [0] * 8 + [1] * 7
    found = grouped(dataset(first + second, labels), **options)
    session = found.entity
    split = np.where(session < len(first), Split.TRAIN, Split.TEST).astype(np.uint8)
    return SequenceSet(**{**vars_of(found), "split": split})


def vars_of(found: SequenceSet) -> dict:
    return {name: getattr(found, name) for name in SequenceSet.__dataclass_fields__}


def fitted(name: str, train: SequenceSet) -> Detector:
    detector = config(name).build_detector()
    detector.fit(train)
    return detector


pytestmark = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)


def test_scores_are_float64_finite_one_per_sequence_and_say_something(name):
    both = sequences()
    detector = fitted(name, both.part(Split.TRAIN))
    scores = detector.score(both.part(Split.TEST).unlabelled())
    assert scores.dtype == np.float64
    assert scores.shape == (15,)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 1


def test_a_fit_with_a_part_for_validation_scores_and_a_second_one_likewise(name):
    both = sequences()
    train, test = both.part(Split.TRAIN), both.part(Split.TEST).unlabelled()
    # Every fifth one, so that both classes stand on both sides.
    held = np.arange(len(train)) % 5 == 1
    scores = []
    for _ in range(2):
        detector = config(name).build_detector()
        detector.fit(train.take(~held), train.take(held))
        scores.append(detector.score(test))
    assert np.isfinite(scores[0]).all()
    assert scores[0].shape == (len(test),)
    assert scores[0].tobytes() == scores[1].tobytes()


def test_strange_sequences_score_higher_than_the_most_common_one(name):
    both = sequences()
    test = both.part(Split.TEST)
    detector = fitted(name, both.part(Split.TRAIN))
    scores = detector.score(test.unlabelled())
    abstained = detector.abstained(test.unlabelled())
    decided = np.ones(len(test), dtype=bool) if abstained is None else ~abstained
    strange = scores[(test.label == 1) & decided].mean()
    # Of values that training never had, which is all that is strange in them, value_rate says nothing;
    # deepcase says nothing of contexts that training shows fewer than five times.
    silent = name in ("value_rate", "deepcase")
    assert strange >= scores[0] if silent else strange > scores[0]


def test_the_same_training_gives_the_same_scores(name):
    both = sequences()
    train, test = both.part(Split.TRAIN), both.part(Split.TEST).unlabelled()
    first, second = (fitted(name, train).score(test) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    once_more = fitted(name, train)
    assert once_more.score(test).tobytes() == once_more.score(test).tobytes()


def test_a_score_depends_on_its_own_sequence_only_and_stands_in_its_place(name):
    both = sequences()
    detector = fitted(name, both.part(Split.TRAIN))
    test = both.part(Split.TEST).unlabelled()
    whole = detector.score(test)
    backwards = np.arange(len(test))[::-1]
    assert np.allclose(detector.score(test.take(backwards)), whole[::-1], rtol=1e-12, atol=1e-12)
    alone = [detector.score(test.take(np.array([i])))[0] for i in range(len(test))]
    assert np.allclose(alone, whole, rtol=1e-12, atol=1e-12)


def test_labels_of_what_is_scored_change_nothing(name):
    both = sequences()
    test = both.part(Split.TEST)
    config_ = config(name)
    flipped = SequenceSet(
        **{**vars_of(both), "label": np.where(both.split == Split.TEST, 1 - both.label, both.label)}
    )
    one, other = (run_model(config_, s, progress=SILENT) for s in (both, flipped))
    assert one.scores.tobytes() == other.scores.tobytes()
    assert one.threshold == other.threshold
    assert (one.predicted == (one.scores > one.threshold)).all()
    assert len(one.scores) == len(test)


def test_no_sequences_an_empty_one_and_one_of_a_single_event_are_scored(name):
    both = sequences()
    detector = fitted(name, both.part(Split.TRAIN))
    test = both.part(Split.TEST).unlabelled()
    assert detector.score(test.take(np.zeros(len(test), dtype=bool))).shape == (0,)
    emptied = SequenceSet(**{**vars_of(test), "stop": test.start.copy()})
    scores = detector.score(emptied)
    assert scores.shape == (15,)
    assert np.isfinite(scores).all()
    single = SequenceSet(**{**vars_of(test), "stop": test.start + 1})
    assert np.isfinite(detector.score(single)).all()


def test_training_that_holds_empty_sequences_is_taken(name):
    both = sequences()
    train = both.part(Split.TRAIN)
    stop = train.stop.copy()
    stop[::5] = train.start[::5]
    detector = fitted(name, SequenceSet(**{**vars_of(train), "stop": stop}))
    assert np.isfinite(detector.score(both.part(Split.TEST).unlabelled())).all()


def test_overlapping_windows_are_scored_as_copies_of_them_would_be(name):
    both = sequences(window_size=3, step=1)
    detector = fitted(name, both.part(Split.TRAIN))
    test = both.part(Split.TEST).unlabelled()
    copied = SequenceSet(
        **{
            **vars_of(test),
            "order": test.rows,
            "start": test.offsets[:-1],
            "stop": test.offsets[1:],
        }
    )
    assert np.allclose(detector.score(copied), detector.score(test), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("label", [0, 1, -1])
def test_one_class_in_training_works_or_is_an_outcome_with_a_reason(name, label):
    both = sequences()
    train = both.split == Split.TRAIN
    one_class = SequenceSet(
        **{**vars_of(both), "label": np.where(train, label, both.label).astype(np.int8)}
    )
    try:
        summary = run_model(config(name), one_class, progress=SILENT)
    except NotApplicable as outcome:
        # The detector says it, or its decision rule.
        assert str(outcome).startswith((f"{name} needs ", "the decision rule "))
    else:
        assert np.isfinite(summary.scores).all()
        assert not config(name).build_detector().supervised


def test_evidence_is_texts_with_weights_strongest_first(name):
    both = sequences()
    detector = fitted(name, both.part(Split.TRAIN))
    test = both.part(Split.TEST).unlabelled()
    explained = detector.explain(test, 2)
    assert len(explained) == len(test)
    for evidence in explained:
        assert len(evidence) <= 2
        weights = [weight for _, weight in evidence]
        assert weights == sorted(weights, reverse=True)
        assert all(isinstance(text, str) and np.isfinite(weight) for text, weight in evidence)


def test_the_manifest_is_json_and_the_config_is_found_by_name(name):
    import json

    both = sequences()
    summary = run_model(config(name), both, progress=SILENT)
    told = json.loads(json.dumps(summary.model_manifest, allow_nan=False))
    assert told["detector"] == name
    assert told["threshold"] == summary.threshold
    assert resolve_model_config_type(name) is type(config(name))
    assert config(name).detector == name


def test_what_trained_scores_no_higher_in_other_company(name):
    # A threshold at the highest training score must not flag the sequences that made it.
    both = sequences()
    train = both.part(Split.TRAIN).unlabelled()
    detector = fitted(name, both.part(Split.TRAIN))
    highest = detector.score(train).max()
    for chosen in (slice(None, None, -1), slice(5, None), slice(24, 28), slice(None, None, 3)):
        assert detector.score(train.take(np.arange(len(train))[chosen])).max() <= highest


def test_more_training_raises_no_score_where_a_detector_says_so(name):
    if not config(name).build_detector().monotone:
        return
    both = sequences()
    train, tested = both.part(Split.TRAIN), both.part(Split.TEST).unlabelled()
    # First abd alone, then with abccd, abdc, and all of them.
    growing = ([6], [6, 4], [6, 4, 2], range(len(train)))
    fewer = [fitted(name, train.take(np.array(some))).score(tested) for some in growing]
    assert all((more <= less).all() for less, more in pairwise(fewer))
    assert (fewer[-1] < fewer[0]).any()


def test_a_score_without_the_sequence_itself_is_that_of_a_fit_on_the_others(name):
    if type(config(name).build_detector()).left_out_scores is Detector.left_out_scores:
        return
    # Some of the normal sessions are there once, one four times; those labelled anomalous do not train.
    train = sequences().part(Split.TRAIN).take(np.array([0, 1, 24, 2, 3, 4, 5, 25, 6]))
    scores = fitted(name, train).left_out_scores(train)
    assert scores is not None
    places = np.arange(len(train))
    alone = [
        fitted(name, train.take(places != i)).score(train.take(places == i).unlabelled())[0]
        for i in np.flatnonzero(train.label != 1)
    ]
    assert scores.tolist() == alone
    assert len(set(alone)) > 1


@pytest.mark.parametrize("kept", [0, 3])
def test_training_without_any_event_works_or_is_an_outcome_with_a_reason(name, kept):
    both = sequences()
    train = both.part(Split.TRAIN)
    # Both classes, so that it is the lack of events that counts.
    train = train.take(np.array([0, 1, 27][:kept], dtype=np.int64))
    nothing = SequenceSet(**{**vars_of(train), "stop": train.start.copy()})
    try:
        detector = fitted(name, nothing)
    except NotApplicable as outcome:
        assert str(outcome).startswith(f"{name} needs ")
        return
    scores = detector.score(both.part(Split.TEST).unlabelled())
    assert scores.shape == (15,)
    assert np.isfinite(scores).all()


def test_columns_that_cannot_be_written_are_left_as_they_are(name):
    # A data set on disk is memory-mapped for reading only, and every process shares it.
    both = sequences(window_size=3, step=2)
    columns = (both.order, both.start, both.stop, both.dataset.template, both.dataset.entity)
    for column in (*columns, both.dataset.time_ms, both.dataset.label, both.dataset.entity_label):
        column.flags.writeable = False
    test = both.part(Split.TEST).unlabelled()
    gathered = test.templates.copy(), test.rows.copy(), test.offsets.copy()
    detector = fitted(name, both.part(Split.TRAIN))
    first = detector.score(test)
    detector.explain(test, 2)
    assert np.array_equal(test.templates, gathered[0])
    assert np.array_equal(test.rows, gathered[1])
    assert np.array_equal(test.offsets, gathered[2])
    assert detector.score(test).tobytes() == first.tobytes()


def test_evidence_is_as_much_as_asked_for_and_of_each_sequence_alone(name):
    both = sequences()
    detector = fitted(name, both.part(Split.TRAIN))
    test = both.part(Split.TEST).unlabelled()
    assert detector.explain(test, 0) == [[]] * len(test)
    assert detector.explain(test.take(np.zeros(len(test), dtype=bool)), 3) == []
    texts = [[text for text, _ in one] for one in detector.explain(test, 3)]
    backwards = detector.explain(test.take(np.arange(len(test))[::-1]), 3)
    assert [[text for text, _ in one] for one in backwards] == texts[::-1]
    fewer = [[text for text, _ in one] for one in detector.explain(test, 1)]
    assert fewer == [one[:1] for one in texts]
