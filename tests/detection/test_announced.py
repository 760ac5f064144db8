"""A detector that takes long says so before it does, wherever it stands and whatever takes long."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anomalog_exp.detection import announced
from anomalog_exp.detection.calibrate import Training
from anomalog_exp.features.distinct import distinct
from anomalog_exp.models import run_model
from anomalog_exp.models.edit_distance import EditDistanceDetector
from anomalog_exp.models.local_outlier_factor import LocalOutlierFactorDetector
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.detectors import model_config
from tests.sequencing import sequence_set

UNION = (
    "+model@model.members.near=edit_distance",
    "~model.members.event_count_vector",
)


@pytest.fixture
def everything_is_long(monkeypatch):
    monkeypatch.setattr(announced, "_MANY", 300)
    monkeypatch.setattr(announced, "_LONG_S", -1e9)
    monkeypatch.setattr(announced, "_SMALL", 50)
    monkeypatch.setattr(announced, "_LARGE", 100)


def texts(count, random):
    return ["".join(random.choice(list("abcdef"), random.integers(4, 12))) for _ in range(count)]


def sequences(trained=400, tested=200):
    both = texts(trained + tested, np.random.default_rng(3))
    return sequence_set(both, [0] * len(both), tested=tested)


def test_a_detector_that_takes_long_says_so_and_names_the_option_that_bounds_it(
    caplog, monkeypatch
):
    both = sequences(trained=200)
    monkeypatch.setattr(announced, "_MANY", 300)
    run_model(model_config("edit_distance"), both, progress=SILENT)
    assert not caplog.records
    monkeypatch.setattr(announced, "_LONG_S", -1e9)
    run_model(model_config("edit_distance"), both, progress=SILENT)
    (said,) = caplog.messages
    assert re.match(
        r"edit_distance compares (3|4)\d\d distinct sequences with those of train", said
    )
    assert said.endswith("its option max_references bounds it, as in model.max_references=2000")
    run_model(model_config("pca"), both, progress=SILENT)
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(("seconds", "words"), [(31.4, "31 s"), (600, "10 min"), (9000, "2.5 h")])
def test_times_are_in_units_that_people_use(seconds, words):
    assert announced._in_words(seconds) == words


@pytest.mark.parametrize("name", ["edit_distance", "union"])
def test_it_is_said_before_training_is_left_out(caplog, monkeypatch, everything_is_long, name):
    """The conformal rule scores every training sequence by what the others teach."""
    left_out, said_before = EditDistanceDetector.left_out_scores, []

    def observed(self, train):
        said_before.append(list(caplog.messages))
        return left_out(self, train)

    monkeypatch.setattr(EditDistanceDetector, "left_out_scores", observed)
    within = name == "union"
    config = composed("model=union", *UNION).model if within else model_config(name)
    run_model(config, sequences(), progress=SILENT)
    (before,) = said_before
    key = "model.members.near.max_references" if within else "model.max_references"
    assert len(before) == 1
    assert before[0].startswith("edit_distance compares")
    assert before[0].endswith(f"its option max_references bounds it, as in {key}=2000")


@pytest.mark.parametrize("name", ["union", "ensemble"])
def test_members_are_announced_for_training_and_then_for_what_is_judged(
    caplog, everything_is_long, name
):
    overrides = UNION if name == "union" else UNION[:1]
    both = sequences(tested=350)
    run_model(composed(f"model={name}", *overrides).model, both, progress=SILENT)
    trained, judged = (
        int(re.match(r"edit_distance compares (\d+) ", said)[1])
        for said in caplog.messages
        if "model.members.near.max_references=2000" in said
    )
    # A union scores training for the member's threshold and for its scale, an ensemble once.
    (train, test) = (len(distinct(both.part(part)).first) for part in (Split.TRAIN, Split.TEST))
    assert trained == train * (2 if name == "union" else 1)
    assert judged == test


@pytest.mark.parametrize("name", ["local_outlier_factor", "union", "ensemble"])
def test_it_is_said_before_a_fit_that_compares(caplog, monkeypatch, everything_is_long, name):
    fit, said_before = LocalOutlierFactorDetector.fit, []

    def observed(self, train, valid=None):
        said_before.append((len(train), list(caplog.messages)))
        fit(self, train, valid)

    monkeypatch.setattr(LocalOutlierFactorDetector, "fit", observed)
    within = name != "local_outlier_factor"
    member = ["+model@model.members.dense=local_outlier_factor"] * within
    run_model(composed(f"model={name}", *member).model, sequences(), progress=SILENT)
    *pilots, (trained, before) = said_before
    assert [number for number, _ in pilots] == [50, 50, 100]
    assert trained == 400
    key = "model.members.dense.max_vectors" if within else "model.max_vectors"
    assert re.match(r"local_outlier_factor compares \d+ distinct sequences of training", before[-1])
    assert before[-1].endswith(f"its option max_vectors bounds it, as in {key}=2000")


@pytest.mark.parametrize(
    ("rule", "counts_training"),
    [
        ("conformal", True),
        ("quantile", True),
        ("contamination", True),
        ("false_positive_rate", True),
        ("fixed", False),
        ("best_f1", False),
    ],
)
def test_training_counts_where_the_rule_scores_it(
    caplog, everything_is_long, rule, counts_training
):
    value = ["model.decision.value=1"] * (rule == "fixed")
    config = composed("model=edit_distance", f"model/decision={rule}", *value).model
    both = sequences(trained=350, tested=400)
    training = Training.of(config, both.part(Split.TRAIN))
    training.announce(training.fitted(), both.part(Split.TEST))
    (said,) = caplog.messages
    train, test = (len(distinct(both.part(part)).first) for part in (Split.TRAIN, Split.TEST))
    assert f"compares {test + train * counts_training:,} distinct" in said


def test_a_fit_that_is_bounded_is_timed_up_to_the_bound(caplog, everything_is_long, monkeypatch):
    both = sequences()
    bounded = composed("model=local_outlier_factor", "model.max_vectors=310").model
    Training.of(bounded, both.part(Split.TRAIN)).announce_fit()
    (said,) = caplog.messages
    assert "compares 310 distinct sequences of training with each other" in said
    monkeypatch.setattr(announced, "_MANY", 311)
    Training.of(bounded, both.part(Split.TRAIN)).announce_fit()
    assert len(caplog.messages) == 1
