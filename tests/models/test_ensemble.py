from __future__ import annotations

from math import log

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models.ensemble import EnsembleDetector, _harmonic_mean, _joint, _Surprise
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import fitted
from tests.sequencing import sequence_set
from tests.valued import valued_set


def test_the_score_is_the_chance_that_usual_members_are_surprised_by_as_much():
    nats = np.random.default_rng(0).exponential(size=(3, 400_000))
    beyond = np.maximum(nats - 1, 0).sum(axis=0)
    scores = _joint(beyond, 3)
    for limit in (1.0, 3.0, 6.0):
        assert -log((scores > limit).mean()) == pytest.approx(limit, abs=0.15)
    assert _joint(np.array([0.0, 5000.0]), 3)[0] == 0.0
    assert np.isfinite(_joint(np.array([5000.0]), 3)).all()


def test_the_harmonic_mean_of_chances_is_that_of_one_member_if_all_see_the_same():
    chances = np.array([[0.5, 0.001], [0.25, 0.001], [0.125, 0.001]])
    found = np.exp(-_harmonic_mean(-np.log(chances), np.ones(3)))
    assert found == pytest.approx([3 / (2 + 4 + 8), 0.001])
    assert _harmonic_mean(np.array([[0.0, 5000.0], [0.0, 0.0]]), np.ones(2)) == pytest.approx(
        [0.0, 5000 - log(2)]
    )


def test_a_member_counts_by_its_weight_where_it_alone_is_surprised():
    chances = np.array([[0.5, 0.001], [0.25, 0.001], [0.125, 0.001]])
    found = np.exp(-_harmonic_mean(-np.log(chances), np.array([1.0, 1.0, 0.25])))
    assert found == pytest.approx([2.25 / (2 + 4 + 0.25 * 8), 0.001])
    learned, test = fitted("ensemble", TRAIN, ["ab" * 5 + "z"])
    alone = []
    for weight in (1, 4):
        config = load_run_config(["model=ensemble", f"+model.weights.rate={weight}"]).model
        detector = EnsembleDetector.from_state(config, learned.state())
        ranked, own = detector._nats(test)
        weights = [weight if name == "rate" else 1 for name in detector._names]
        alone.append(-np.log(np.average(np.exp(-own), axis=0, weights=weights)))
        together = _joint(np.maximum(ranked - 1, 0).sum(axis=0), len(ranked))
        assert detector.score(test) == pytest.approx(np.maximum(together, alone[-1]))
    assert alone[0] != alone[1]


def test_a_weight_is_of_a_member_or_of_a_detector_that_was_taken_away():
    load_run_config(["model=ensemble", "~model.members.value_rate"])
    with pytest.raises(ConfigError, match=r"(?s)model\.weights\.value_rates: .* 'value_rate'\?"):
        load_run_config(["model=ensemble", "+model.weights.value_rates=2"])
    with pytest.raises(ConfigError, match=r"model\.weights\.value_rate"):
        load_run_config(["model=ensemble", "model.weights.value_rate=0"])


def test_a_config_from_before_weights_gives_each_member_the_same():
    config = load_run_config(["model=ensemble"]).model
    before = config.model_dump()
    del before["weights"]
    assert type(config).of(before, "model").weights == {}


def test_a_value_that_is_new_among_many_counts_by_its_own_chance():
    windows = [
        [("a", [["ann", "bob", "cid", "dan"][i % 4]]) for i in range(40)] for _ in range(100)
    ]
    windows[50][7] = ("a", ["eve"])
    sequences = valued_set(windows, windows)
    detector = load_run_config(["model=ensemble"]).model.build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST)
    ranked, own = detector._nats(test)
    value = detector._names.index("new_value")
    assert own[value, 50] == pytest.approx(log(402 / 2))  # four users in each window, and eve
    assert own[value, 50] > ranked[value, 50]
    assert detector.score(test).argmax() == 50


def test_a_surprise_is_the_share_of_training_and_goes_on_outside_it():
    scores = np.repeat(np.arange(100.0), 3)
    surprise = _Surprise.learned(scores)
    nats = surprise.of(np.array([-5.0, 0.0, 50.0, 90.0]))
    assert nats == pytest.approx([0, 0, log(2), log(10)])
    outside = surprise.of(np.array([94.0, 99.0, 120.0, 200.0]))
    assert (np.diff(outside) > 0).all()
    assert outside[3] - outside[2] == pytest.approx(80 / (40 / log(5)), rel=0.05)


def test_scores_that_are_nearly_all_equal_have_a_scale_of_those_that_are_not():
    surprise = _Surprise.learned(np.array([0.0] * 96 + [1.0, 1.0, 3.0, 500.0]))
    assert surprise.scale == 1.0
    assert surprise.of(np.array([0.0]))[0] == 0.0
    assert surprise.of(np.array([1.0]))[0] == pytest.approx(log(101 / 5) + 1)
    equal = _Surprise.learned(np.zeros(10))
    assert equal.of(np.array([0.0, 1.0])) == pytest.approx([0, log(11) + 1])


TRAIN = ["ab" * 5] * 60
VALUES = ["new_value", "value_rate", "value_range"]
"""Members that read the values in messages, of which these sequences have none."""


def test_what_several_members_find_odd_comes_before_what_one_does():
    test = ["ab" * 5, "ab" * 5 + "z", "ab" * 5 + "z" * 40]
    detector, scored = fitted("ensemble", TRAIN, test)
    usual, rare, burst = detector.score(scored)
    assert usual == 0.0 < rare < burst
    reasons = detector.explain(scored, 3)
    assert reasons[0] == []
    assert reasons[1][0][0] == "rare_event: z"
    assert 'rate: 40 events of "z", usually 0' in [text for text, _ in reasons[2]]


def test_the_threshold_of_its_own_follows_from_how_many_trained():
    for false_alarms in (1, 0.1):
        detector, _ = fitted("ensemble", TRAIN, ["a"], f"false_alarms={false_alarms}")
        assert detector.own_threshold == pytest.approx(log(2 * 60 / false_alarms))


def test_a_member_that_does_not_apply_takes_no_part_and_none_at_all_is_told():
    supervised = "+model@model.members.tree=decision_tree"
    config = load_run_config(["model=ensemble", supervised])
    train = sequence_set(TRAIN, [0] * len(TRAIN))
    detector = config.model.build_detector()
    detector.fit(train)
    assert detector.manifest()["members_not_applicable"] == [*VALUES, "tree"]
    without = [f"~model.members.{name}" for name in ("rate", "rare_event", "new_event")]
    only = load_run_config(["model=ensemble", supervised, *without])
    with pytest.raises(NotApplicable, match=r"needs a member that applies.*both classes"):
        only.model.build_detector().fit(train)


def test_a_member_may_not_see_test_labels():
    with pytest.raises(ConfigError, match=r"model\.members\.rate\.decision"):
        load_run_config(["model=ensemble", "model/decision@model.members.rate.decision=best_f1"])


def test_the_events_that_a_surprised_member_blames_are_blamed():
    windows = [[("a", [["ann", "bob", "cid"][i % 3]]) for i in range(30)] for _ in range(60)]
    windows[20][7] = ("a", ["eve"])
    windows[30][11] = ("n", [])
    sequences = valued_set(windows, windows)
    detector = load_run_config(["model=ensemble"]).model.build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST)
    blame = detector.blamed_events(test).reshape(60, 30)
    assert blame[20].argmax() == 7
    assert blame[30].argmax() == 11
    assert not blame[[0, 1, 59]].any()
    surprised = dict(zip(detector._names, detector._nats(test)[1], strict=True))
    assert blame[20, 7] == pytest.approx(surprised["new_value"][20])
    assert blame[30, 11] == pytest.approx(
        surprised["rare_event"][30].clip(surprised["new_event"][30])
    )


def test_an_ensemble_of_members_that_judge_no_events_blames_none():
    gone = ("rare_event", "new_event", *VALUES)
    detector, test = fitted("ensemble", TRAIN, TRAIN)
    config = load_run_config(["model=ensemble", *(f"~model.members.{one}" for one in gone)]).model
    alone = config.build_detector()
    alone.fit(sequence_set([*TRAIN, *TRAIN], [0] * 120, tested=60).part(Split.TRAIN))
    assert alone.blamed_events(test) is None
    assert detector.blamed_events(test) is not None
