"""What is left of a study when its process is killed at any moment, and when results have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("optuna")

from optuna.distributions import FloatDistribution

from anomalog_exp.config.settings import SearchConfig
from anomalog_exp.launch.search_space import SearchSpace
from anomalog_exp.launch.study import SearchStudy

SPACE = SearchSpace([], {"a": FloatDistribution(0.0, 1.0), "b": FloatDistribution(0.0, 1.0)})
SETTINGS = {"n_trials": 20, "n_jobs": 1, "sampler": "tpe", "seed": 3, "objective": "auto"}


def done(value: float | None, metric: str = "validation_f1") -> dict:
    return {"status": "done", "primary_metric": metric, "primary_value": value}


def opened(path: Path, **settings) -> SearchStudy:
    return SearchStudy(path, SPACE, SearchConfig.of(SETTINGS | settings))


def searched(study: SearchStudy, trials: int) -> list[dict]:
    """Trials told what the first of their values is."""
    for _ in range(trials):
        (trial,) = study.ask(1)
        study.tell(trial, done(trial.params["a"]))
    return [trial.params for trial in study.told()]


def test_a_study_that_was_cut_off_chooses_as_one_that_was_not(tmp_path):
    whole = searched(opened(tmp_path / "whole"), 16)
    assert len({tuple(params.values()) for params in whole}) == 16
    searched(opened(tmp_path / "cut"), 12)
    opened(tmp_path / "cut").ask(2)  # they run when the process is killed
    assert searched(opened(tmp_path / "cut"), 4) == whole


def test_half_a_line_and_a_lock_of_a_killed_process_are_taken_away(tmp_path):
    before = searched(opened(tmp_path / "study"), 2)
    with (tmp_path / "study").open("a") as journal:
        journal.write('{"op_code":4,"wor')
    (tmp_path / "study.lock").symlink_to(tmp_path / "study")
    (tmp_path / "study.lock1f3e.rename").symlink_to(tmp_path / "study")
    assert searched(opened(tmp_path / "study"), 1)[:2] == before
    assert opened(tmp_path / "study").ended == 3
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_trial_whose_end_was_written_in_part_has_ended(tmp_path):
    (trial,) = opened(tmp_path / "study").ask(1)
    trial.set_user_attr("record", done(0.25))
    study = opened(tmp_path / "study")
    assert [one.value for one in study.told()] == [0.25]
    assert study.ask(1)[0].params != trial.params


def test_another_seed_sampler_or_objective_is_another_study_in_the_same_file(tmp_path):
    first = searched(opened(tmp_path / "study"), 2)
    for other in ({"seed": 4}, {"sampler": "random"}, {"objective": "f1"}):
        assert opened(tmp_path / "study", **other).ended == 0
    assert searched(opened(tmp_path / "study", seed=4), 2) != first
    assert opened(tmp_path / "study", n_trials=7, n_jobs=2).ended == 2


def test_failures_and_other_figures_have_no_value_and_are_no_more_tried(tmp_path):
    study = opened(tmp_path / "study")
    records = [done(0.5), {"status": "failed"}, {"status": "skipped"}, done(0.9, "validation_x")]
    for record in records:
        study.tell(study.ask(1)[0], record)
    assert [one.value for one in study.told()] == [0.5, None, None, None]
    assert [one.state.name for one in study.told()] == ["COMPLETE", "FAIL", "PRUNED", "PRUNED"]
    assert study.importance() == {}


def test_results_that_have_changed_take_the_place_of_earlier_ones(tmp_path):
    study = opened(tmp_path / "study")
    before = searched(study, 3)
    study.begin_again([done(0.1), done(0.2), {"status": "skipped"}])
    told = opened(tmp_path / "study").told()
    assert [one.params for one in told] == before
    assert [one.value for one in told] == [0.1, 0.2, None]
