"""The same sweep by every launcher: one folder, one table, one exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.launchers import check_launcher
from anomalog_exp.launch.slurm import check_slurm
from tests.command import SMALL_DEMO, command, sweep_rows
from tests.conftest import ROOT

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


@pytest.fixture
def without_submitit(tmp_path) -> dict[str, str]:
    """The environment of a Python that has everything else."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked/sitecustomize.py").write_text(
        "import sys; sys.modules['submitit'] = None\n"
    )
    return {"PYTHONPATH": f"{tmp_path / 'blocked'}:{ROOT}"}


def test_slurm_without_its_extra_says_what_to_install(tmp_path, without_submitit):
    done = command(*BARE, "hydra/launcher=slurm", "-m", cwd=tmp_path, **without_submitit)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: hydra/launcher: it needs the package 'hydra-submitit-launcher', which is not installed",
        "  value:   slurm",
        "  allowed: launchers whose packages are installed",
        "  to do:   pip install 'anomalog-exp[cluster]'",
    ]
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-m", "--detach"], "--detach: members of this sweep end with the command"),
        (["--detach", "hydra/launcher=slurm"], "--detach: a single run is not sent to a cluster"),
        (["hydra/launcher=slurm", "-m"], "hydra/launcher: there is no Slurm on this machine"),
        (
            ["hydra/launcher=slurm", "-m", "hydra.launcher.members_per_job=0"],
            "hydra.launcher.members_per_job: it is no number of members",
        ),
    ],
)
def test_what_cannot_be_sent_is_said_in_four_parts(tmp_path, arguments, problem):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", exc_type=ImportError)
    done = command(*BARE, *arguments, cwd=tmp_path, PATH="/nowhere")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {problem}")
    assert len(done.stderr.splitlines()) == 4
    assert not (tmp_path / "outputs").exists()


def test_nobody_waits_for_what_a_search_needs():
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", exc_type=ImportError)
    target = "hydra_plugins.anomalog_exp_slurm.SlurmLauncher"
    with pytest.raises(ConfigError, match="a search chooses members by what earlier ones returned"):
        check_slurm(
            OmegaConf.create({"_target_": target, "detach": True, "members_per_job": 1}),
            is_planned=False,
        )


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
