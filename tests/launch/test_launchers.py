"""The same sweep by every launcher: one folder, one table, one exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.launchers import check_launcher
from tests.command import SMALL_DEMO, command, sweep_rows

BARE = [SMALL_DEMO, "tracking=none", "report.page=False", "model=markov"]
"""What no launcher changes, as Hydra writes it down."""
SWEEP = [*BARE, "model.smoothing=-1,1,2", "-m"]
"""A sweep of three members, of which one fails."""
COMPARED = ("member", "model.smoothing", "status", "f1", "auroc", "reason")


@pytest.fixture(scope="module")
def by_joblib(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("joblib")
    done = command(*SWEEP, cwd=folder)
    assert done.returncode == 1, done.stderr
    return folder


@pytest.mark.parametrize("launcher", ["basic", "submitit_local"])
def test_a_launcher_gives_the_table_that_joblib_gives(tmp_path, by_joblib, launcher):
    if launcher == "submitit_local":
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher", exc_type=ImportError)
    done = command(*SWEEP, f"hydra/launcher={launcher}", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "member 0 failed: model.smoothing: this value does not fit" in done.stdout
    assert "3 members: 2 done, 1 failed" in done.stdout
    rows, expected = sweep_rows(tmp_path / "outputs"), sweep_rows(by_joblib / "outputs")
    for column in COMPARED:
        assert [row[column] for row in rows] == [row[column] for row in expected]


@pytest.mark.parametrize("n_jobs", [0, "x"])
def test_no_worker_at_all_is_refused(n_jobs):
    launcher = OmegaConf.create({"_target_": "x.JoblibLauncher", "n_jobs": n_jobs})
    with pytest.raises(ConfigError, match=r"hydra\.launcher\.n_jobs: nobody would run the members"):
        check_launcher(launcher)


def test_skipped_members_are_no_failure_but_no_result_either(tmp_path):
    skipped = [*BARE[:3], "split=normal_only", "-m", "hydra/launcher=basic"]
    all_skipped = command(*skipped, "model=naive_bayes", "seed=0,1", cwd=tmp_path)
    assert all_skipped.returncode == 3
    assert "members 0, 1 skipped: naive_bayes needs both classes in train" in all_skipped.stdout
    some = command(*skipped, "model=naive_bayes,markov", cwd=tmp_path)
    assert some.returncode == 0
    assert "2 members: 1 done, 1 skipped" in some.stdout


def test_the_plan_is_in_the_folder_of_the_sweep(by_joblib):
    (path,) = by_joblib.glob("outputs/sweeps/*/plan.json")
    assert json.loads(path.read_text())["members"] == [
        [*BARE, f"model.smoothing={value}"] for value in (-1, 1, 2)
    ]
