from __future__ import annotations

import json
from dataclasses import replace
from statistics import NormalDist, fmean, pstdev

import numpy as np
import pytest

from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.state import load, save
from anomalog_exp.errors import DataError, NotApplicable
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.detectors import model_config
from tests.logs import Row, log_dataset
from tests.sequencing import sequence_set

pytestmark = unless_missing("model", "deeplog")

SMALL = ("history=3", "units=16", "layers=1", "learning_rate=0.02", "epochs=40", "top_g=2")
OPTIONS = (*SMALL, "values=true", "value_epochs=12")

Said = tuple[str, list[str], float]
"""A template, the values in the message, and seconds since the event before."""

TEMPLATES = {"size": "size <*> of <*>", "tick": "tick", "done": "done in <*>", "odd": "odd"}


def usual() -> list[Said]:
    """A size of 10, 1,000 and 10 again; a tick 2 s after each, and the end 1 s after that."""
    return [
        event
        for size in ("10", "1000", "10")
        for event in (("size", [size, "disk"], 1.0), ("tick", [], 2.0), ("done", ["5ms"], 1.0))
    ]


def changed(nth: int, values: list[str] | None = None, seconds: float | None = None) -> list[Said]:
    """The usual session with another event in one place."""
    events = usual()
    name, before, gap = events[nth]
    events[nth] = (name, before if values is None else values, gap if seconds is None else seconds)
    return events


def session_set(train: list[list[Said]], test: list[list[Said]]) -> SequenceSet:
    both = [*train, *test]
    rows: list[Row] = []
    for i, one in enumerate(both):
        time = 1_000_000 * i
        for name, _, gap in one:
            time += int(1000 * gap)
            rows.append((f"s{i}", TEMPLATES[name], time, -1))
    borders = np.cumsum([0, *map(len, both)], dtype=np.int64)
    return SequenceSet(
        dataset=log_dataset(
            rows,
            templates=list(TEMPLATES.values()),
            values=[values for one in both for _, values, _ in one],
        ),
        order=np.arange(len(rows), dtype=np.int64),
        start=borders[:-1],
        stop=borders[1:],
        label=np.array([0] * len(train) + [-1] * len(test), dtype=np.int8),
        split=np.array([Split.TRAIN] * len(train) + [Split.TEST] * len(test), dtype=np.uint8),
        entity=np.arange(len(both), dtype=np.int32),
    )


TRAIN = [usual()] * 100
TEST = {
    "as usual": usual(),
    "early": changed(2, ["900ms"]),
    "out of turn": changed(3, ["10", "disk"]),
    "never seen": changed(6, ["1000000", "disk"]),
    "later": changed(4, seconds=9.0),
    "much later": changed(4, seconds=900.0),
    "another unit": changed(5, ["900s"]),
    "no number": changed(3, ["x", "disk"]),
    "another event": [*usual()[:3], ("odd", [], 1.0), *usual()[3:]],
    "empty": [],
    "short": usual()[:1],
}
PLANTED = {"early": 2, "out of turn": 3, "never seen": 6, "later": 4, "much later": 4}


@pytest.fixture(scope="module")
def sequences() -> SequenceSet:
    return session_set(TRAIN, list(TEST.values()))


@pytest.fixture(scope="module")
def test(sequences) -> SequenceSet:
    return sequences.part(Split.TEST).unlabelled()


def fit(sequences: SequenceSet, *options: str, valid: SequenceSet | None = None) -> Detector:
    detector = model_config("deeplog", *(options or OPTIONS)).build_detector()
    detector.fit(sequences.part(Split.TRAIN), valid)
    return detector


@pytest.fixture(scope="module")
def detector(sequences) -> Detector:
    return fit(sequences)


def of_session(figures: np.ndarray, test: SequenceSet, name: str) -> np.ndarray:
    one = list(TEST).index(name)
    return figures[test.offsets[one] : test.offsets[one + 1]]


def test_planted_values_and_gaps_are_found_where_they_are(detector, test):
    events = detector.score_events(test)
    threshold = detector.own_threshold
    assert threshold == 1
    for name, nth in PLANTED.items():
        scores = of_session(events, test, name)
        assert threshold < scores[nth] < threshold + 1, name
        assert (scores[:nth] <= threshold).all(), name
    for name in ("as usual", "no number", "another unit", "short"):
        assert (of_session(events, test, name) <= threshold).all(), name
    scores = dict(zip(TEST, detector.score(test), strict=True))
    assert scores["much later"] > scores["later"]
    assert scores["never seen"] > scores["out of turn"]
    assert scores["another event"] >= threshold + 1 > scores["much later"]
    assert scores["as usual"] <= threshold
    assert scores["empty"] == 0
    highest = [of_session(events, test, name).max(initial=0) for name in TEST]
    assert list(scores.values()) == highest


def test_it_says_which_value_or_time_was_not_expected_and_what_was(detector, test):
    explained = dict(zip(TEST, detector.explain(test, 1), strict=True))
    scores = dict(zip(TEST, detector.score(test), strict=True))
    (words, score) = explained["out of turn"][0]
    assert score == scores["out of turn"]
    told, expected = words.split(" where about ")
    assert told == '1st value of "size <*> of <*>": 10'
    assert float(expected.removesuffix(" was expected")) == pytest.approx(1000, rel=0.5)
    told, expected = explained["much later"][0][0].split(" where about ")
    assert told == "tick after 900 s"
    assert float(expected.removesuffix(" s was expected")) == pytest.approx(2, rel=0.2)
    assert explained["early"][0][0].startswith('1st value of "done in <*>": 900ms where about ')
    assert explained["early"][0][0].endswith("ms was expected")
    assert explained["another event"][0][0].startswith("odd where one of these")
    assert explained["empty"] == []
    for evidence in detector.explain(test, 5):
        weights = [weight for _, weight in evidence]
        assert weights == sorted(weights, reverse=True)
    assert detector.explain(test, 0) == [[]] * len(test)


def test_the_half_that_predicts_events_is_the_same_without_values(detector, sequences, test):
    alone = fit(sequences, *SMALL)
    state, without = detector.state(), alone.state()
    assert {one for one in state.names if not one.startswith("values.")} == set(without.names)
    for name, value in without.weights.items():
        assert state.weights[name].tobytes() == value.tobytes()
    assert detector.rank_next_events(test).tolist() == alone.rank_next_events(test).tolist()
    scores, ranks = detector.score_events(test), alone.score_events(test)
    same = scores == ranks
    assert (ranks[~same] <= 1).all()
    assert (~same).sum() >= len(PLANTED)
    assert not alone.config.reads_parameters
    assert detector.config.reads_parameters


def test_the_numbers_of_events_that_are_not_expected_are_not_asked_about(sequences, test):
    detector = fit(sequences, *OPTIONS, "short_sessions=skip")
    # The first three events of a session are not predicted.
    events = detector.score_events(test)
    assert (of_session(events, test, "early")[:3] == 0).all()
    assert of_session(events, test, "out of turn")[3] > 1


def test_the_end_of_the_interval_is_that_worked_out_by_hand():
    from anomalog_exp.detection.networks.value_predictor import _Items, _limits

    random = np.random.default_rng(0)
    owner = np.array([0] * 40 + [1] * 29)
    windows = random.normal(size=(69, 3, 2)).astype(np.float32)
    windows[:5, -1, 1] = np.nan
    predicted = random.normal(size=(69, 2)).astype(np.float32)
    items = _Items(np.arange(69), owner, windows)
    errors = [
        fmean((float(p) - float(w)) ** 2 for p, w in zip(*pair, strict=True) if not np.isnan(w))
        for pair in zip(predicted, windows[:, -1], strict=True)
    ][:40]
    wanted = fmean(errors) + NormalDist().inv_cdf(0.99) * pstdev(errors)
    limits = _limits(items, predicted, np.array([True, False]), 0.98)
    assert limits.tolist() == pytest.approx([wanted, np.inf])
    tiny = _limits(items, windows[:, -1], np.array([True, True]), 0.98)
    assert tiny.tolist() == [0.01, 0.01]


def test_a_sample_has_of_each_template_equally_many_as_far_as_there_are():
    from anomalog_exp.detection.networks.value_predictor import Asked

    template = np.array([0] * 50 + [1] * 3 + [2] * 20)
    asked = Asked(None, np.arange(73), template)
    drawn = asked.sample(23, np.random.default_rng(0))
    assert np.bincount(drawn.template).tolist() == [10, 3, 10]
    assert (np.diff(drawn.events) > 0).all()
    assert (template[drawn.events] == drawn.template).all()
    again = asked.sample(23, np.random.default_rng(0))
    assert again.events.tolist() == drawn.events.tolist()
    assert asked.sample(73, np.random.default_rng(0)) is asked


def test_validation_sequences_give_the_errors_where_there_are_some(test):
    odd = [changed(3, ["10", "disk"])] * 12
    train = session_set([*TRAIN[:60], *odd], list(TEST.values()))
    part = train.part(Split.TRAIN)
    detector = model_config("deeplog", *OPTIONS).build_detector()
    detector.fit(part.take(slice(60)), part.take(slice(60, None)))
    # A third of the sizes held back are out of turn: that is no surprise any more.
    scores = of_session(detector.score_events(train.part(Split.TEST)), test, "out of turn")
    assert (scores <= 1).all()


def test_scores_are_of_each_sequence_alone_to_the_last_bit(detector, test):
    fresh = model_config("deeplog", *OPTIONS).build_detector()
    fresh.restore(detector.state())
    whole = fresh.score(test)
    assert np.isfinite(whole).all()
    alone = [fresh.score(test.take(np.array([i])))[0] for i in range(len(test))]
    assert whole.tolist() == alone
    assert fresh.score(test.take(slice(None, None, -1))).tolist() == whole[::-1].tolist()
    copied = replace(test, order=test.rows, start=test.offsets[:-1], stop=test.offsets[1:])
    assert fresh.score(copied).tolist() == whole.tolist()
    assert fresh.score(test.take(slice(0))).shape == (0,)


def test_overlapping_windows_are_scored_as_copies_of_them_would_be(sequences, test):
    start = np.concatenate(
        [np.arange(a, b - 4) for a, b in zip(test.start, test.stop, strict=True)]
    )
    windows = test.take(np.zeros(len(start), dtype=np.int64))
    windows = replace(windows, start=start, stop=start + 5)
    detector = fit(sequences)
    copied = replace(
        windows, order=windows.rows, start=windows.offsets[:-1], stop=windows.offsets[1:]
    )
    assert detector.score(windows).tolist() == detector.score(copied).tolist()


def test_pieces_that_state_carries_over_into_are_scored_as_the_whole(detector, test):
    middle = test.start + test.lengths // 2
    twice = np.repeat(np.arange(len(test)), 2)
    pieces = replace(
        test.take(twice),
        start=np.stack((test.start, middle), axis=1).ravel(),
        stop=np.stack((middle, test.stop), axis=1).ravel(),
        origin=np.repeat(test.start, 2),
    )
    assert detector.score_events(pieces).tolist() == detector.score_events(test).tolist()
    cut = replace(pieces, origin=None)
    assert detector.score_events(cut).tolist() != detector.score_events(test).tolist()


def test_events_that_may_not_train_teach_nothing(sequences, test):
    odd = [changed(6, ["1000000", "disk"])] * 40
    both = session_set([*TRAIN, *odd], list(TEST.values()))
    may = np.ones(both.dataset.n_events, dtype=bool)
    may[both.offsets[len(TRAIN)] : both.offsets[len(TRAIN) + 40]] = False
    detector, other = fit(replace(both, train_events=may)), fit(sequences)
    assert detector.score(test).tolist() == other.score(test).tolist()


def test_the_same_training_gives_the_same_bytes_and_what_is_kept_says_the_same(
    detector, sequences, test, tmp_path
):
    save(detector.state(), tmp_path / "one")
    save(fit(sequences).state(), tmp_path / "two")
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == sorted(file.name for file in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    again = type(detector).from_state(detector.config, load(tmp_path / "one", ()))
    save(again.state(), tmp_path / "three")
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()
    assert again.score(test).tobytes() == detector.score(test).tobytes()
    assert again.explain(test, 2) == detector.explain(test, 2)
    assert json.loads(json.dumps(again.manifest(), allow_nan=False)) == detector.manifest()
    assert detector.manifest()["values"]["judged_templates"] == 3


def test_states_that_no_training_has_made_are_refused(detector):
    state = detector.state()
    weights = {
        name: array for name, array in state.weights.items() if name.startswith("values.weights")
    }
    assert weights
    for name, array in weights.items():
        for other in (array[None], array[:-1]):
            with pytest.raises(DataError, match="this is not what such a detector learns"):
                detector.restore(replace(state, weights={**state.weights, name: other}))
    quantities = "values.quantities."
    wrong = {
        f"{quantities}owner": [-1, 99],
        f"{quantities}slot": [-1, 10**9],
        f"{quantities}deviation": [0.0, -1.0, np.nan, np.inf],
        f"{quantities}mean": [np.nan, np.inf],
        f"{quantities}key": [10**12],
        f"{quantities}template": [10**12],
        "values.limit": [0.0, -1.0, np.nan],
    }
    for name, values in wrong.items():
        for value in values:
            array = state.arrays[name].copy()
            array[0] = value
            with pytest.raises(DataError, match="this is not what such a detector learns"):
                detector.restore(replace(state, arrays={**state.arrays, name: array}))
    for name in (one for one in state.names if one.startswith("values.")):
        kinds = (state.arrays, state.values, state.estimators, state.weights)
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(
                type(state)(*({k: v for k, v in kind.items() if k != name} for kind in kinds))
            )
    alone = model_config("deeplog", *SMALL).build_detector()
    with pytest.raises(DataError, match="this is not what such a detector learns"):
        alone.restore(state)


def test_what_has_no_messages_no_numbers_or_too_few_events_says_so(sequences):
    with pytest.raises(NotApplicable, match=r"deeplog with values=true needs the values in mess"):
        fit(sequence_set(["abcd"] * 50, [0] * 50))
    few = session_set(TRAIN[:20], [])
    with pytest.raises(NotApplicable, match="needs 30 events of a template with numbers or times"):
        fit(few)
    words = session_set([[("size", ["x", "disk"], 1.0)]] * 40, [])
    with pytest.raises(NotApplicable, match="needs places in train that nearly always hold num"):
        fit(words)
