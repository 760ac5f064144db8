from __future__ import annotations

import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anomalog_exp.launch.sweep_folder import SweepFolder
from tests.command import SMALL_DEMO, command, environment, run_dirs, sweep_rows

LONG = ["dataset.source.lines=100000", "tracking=none", "model=naive_bayes,markov", "-m"]
"""A sweep of twelve members, each of which takes long enough to be met while it runs."""
LONG += ["sequence.window_size=null,12,11,10,9,8", "sequence.step=null", "report.page=false"]


@pytest.fixture(scope="module")
def long_sweep(tmp_path_factory) -> Path:
    """A folder in which the log of the long sweep is already written and built."""
    folder = tmp_path_factory.mktemp("long")
    done = command(*LONG[:2], cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def fresh(long_sweep: Path) -> Path:
    """The same folder without results."""
    shutil.rmtree(long_sweep / "outputs", ignore_errors=True)
    return long_sweep


def begun(folder: Path, *more: str, ready: int = 2, under_way: int = 2) -> subprocess.Popen[str]:
    """The long sweep as a process group of its own, when `ready` members have left their record.

    With one more member under way in each worker, all are past their start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *LONG, *more],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    give_up = time.monotonic() + 60
    while (
        len(list(folder.glob("outputs/sweeps/*/members/*.json"))) < ready
        or len(run_dirs(folder / "outputs")) < ready + under_way
    ):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("flag", ["-m", "--multirun"])
def test_the_multirun_flag_may_stand_anywhere(tmp_path, place, flag):
    arguments = ["dataset=demo", "model=markov,naive_bayes", "tracking=none"]
    arguments.insert(place, flag)
    done = command(*arguments, "dataset.source.lines=0", cwd=tmp_path)
    # No line is written and nothing trained: this is about reading the command.
    assert done.returncode == 2
    assert "dataset.source.lines: this value does not fit" in done.stderr


def test_members_that_fail_are_named_with_their_reason_and_the_others_finish(tmp_path):
    done = command(
        SMALL_DEMO, "tracking=none", "model=markov,naive_bayes", "-m", "model.smoothing=-1,1",
        "hydra/launcher=basic", "report.page=false", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    rows = sweep_rows(tmp_path / "outputs")
    assert {(row["model"], row["model.smoothing"], row["status"]) for row in rows} == {
        ("naive_bayes", "1", "done"),
        ("markov", "1", "done"),
        ("markov", "-1", "failed"),
        ("naive_bayes", "-1", "failed"),
    }
    assert float(rows[0]["f1"]) >= float(rows[1]["f1"])
    assert [row["f1"] for row in rows[2:]] == ["", ""]
    assert "members 0, 2 failed: model.smoothing: this value does not fit" in done.stdout
    assert "4 members: 2 done, 2 failed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_fail_fast_stops_at_the_first_failure(tmp_path):
    done = command(
        SMALL_DEMO, "tracking=none", "sweep.fail_fast=true", "hydra.launcher.n_jobs=1", "-m",
        "model.smoothing=-1,1,2", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    statuses = {row["model.smoothing"]: row["status"] for row in sweep_rows(tmp_path / "outputs")}
    assert statuses == {"-1": "failed", "1": "stopped", "2": "stopped"}


def test_a_killed_sweep_goes_on_where_it_was(fresh):
    process = begun(fresh)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = {
        path
        for path in run_dirs(fresh / "outputs")
        if json.loads((path / "status.json").read_text())["status"] == "done"
    }
    assert 2 <= len(finished) < 12
    (folder,) = fresh.glob("outputs/sweeps/*")
    statuses = [record["status"] for record in SweepFolder(folder).records("it was killed")]
    assert len(statuses) == 12
    assert {"done", "lost"} == set(statuses)
    written = {path: (path / "metrics.json").stat().st_mtime_ns for path in finished}
    done = command(*LONG, cwd=fresh)
    assert done.returncode == 0, done.stderr
    rows = sweep_rows(fresh / "outputs")
    reused = {Path(row["run_dir"]) for row in rows if row["status"] == "reused"}
    assert reused == finished
    assert len(rows) == 12
    assert written == {path: (path / "metrics.json").stat().st_mtime_ns for path in finished}


@pytest.mark.parametrize("launcher", ["local", "basic"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminate"]
)
def test_a_stopped_sweep_tells_what_is_done_and_what_is_not(fresh, number, code, launcher):
    process = begun(
        fresh, f"hydra/launcher={launcher}", under_way={"local": 2, "basic": 1}[launcher]
    )
    if number == signal.SIGINT:  # a terminal sends it to everybody
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == code, stderr
    statuses = [row["status"] for row in sweep_rows(fresh / "outputs")]
    assert statuses.count("done") >= 2
    assert statuses.count("lost") >= 1
    assert "lost: the sweep was stopped before it ended" in stdout
    assert "the same command runs what is not done yet" in stderr
    assert "Traceback" not in stderr


def test_a_dying_worker_is_told_and_the_table_still_comes(fresh):
    process = begun(fresh)
    found = subprocess.run(
        ["pgrep", "-g", str(process.pid), "-f", "popen_loky"], capture_output=True, text=True
    )
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert "lost: the sweep broke off before it ended (TerminatedWorkerError" in stdout
    statuses = [row["status"] for row in sweep_rows(fresh / "outputs")]
    assert statuses.count("done") >= 2
    assert "Traceback" not in stderr


def test_the_command_of_the_readme_on_real_data_runs_two_jobs_that_differ(tmp_path, shared_data):
    done = command(
        "dataset=hdfs", "model=naive_bayes", "dataset/source=local_zip",
        f"dataset.source.zip_path={shared_data / 'hdfs_v1_2pct.zip'}",
        "-m", "sequence.window_size=10,20", "tracking=none", "report.page=false", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = sweep_rows(tmp_path / "outputs")
    assert [row["sequence.window_size"] for row in rows] == ["20", "10"]
    assert 0.5 < float(rows[1]["f1"]) < float(rows[0]["f1"]) < 0.9


def test_hydra_still_has_the_check_that_a_grid_leaves_out():
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.plugins.sweeper import Sweeper

    assert "validate_batch_is_legal" in vars(Sweeper)
    assert "self.validate_batch_is_legal" in inspect.getsource(BasicSweeper.sweep)
