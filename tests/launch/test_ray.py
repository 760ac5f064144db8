"""A sweep by Ray, on a cluster and on this machine alone; members and a sweep that are killed in it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.launchers import check_launcher
from anomalog_exp.processes import is_gone, this_process
from tests.clusters import cluster, ray_user
from tests.command import SMALL_DEMO, cold_command, command, environment, sweep_rows
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
SWEEP = [SMALL_DEMO, "tracking=none", "report.page=false", "model=mortal", "-m"]
SWEEP += [f"plugins=['{ROOT / 'tests/plugins/mortal'}']", "hydra/launcher=ray"]


@pytest.fixture
def user(tmp_path) -> Iterator[dict[str, str]]:
    """The environment of somebody who alone may use what Ray starts."""
    pytest.importorskip("ray", reason="needs the extra ray")
    with ray_user(tmp_path) as known:
        yield known


def begun(user: dict[str, str], folder: Path, *sweep: str) -> subprocess.Popen[str]:
    """A sweep with a member that waits to be killed, and runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *sweep],
        cwd=folder,
        env=environment(**user),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    give_up = time.monotonic() + 60
    while not members_of(folder, -1):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return process


def members_of(folder: Path, deaths: int) -> list[int]:
    """The processes that trained a detector that is to die so many times."""
    path = folder / f"trained-by-{deaths}"
    return [int(line) for line in path.read_text().splitlines()] if path.is_file() else []


def statuses(folder: Path) -> dict[str, str]:
    """What became of members, by the deaths of each."""
    return {row["model.deaths"]: row["status"] for row in sweep_rows(folder / "outputs")}


def have_ended(processes: list[int]) -> bool:
    """Whether processes end within ten seconds."""
    host = this_process().rpartition(":")[0]
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        if all(is_gone(f"{host}:{process}") for process in processes):
            return True
        time.sleep(0.05)
    return False


def test_a_cluster_runs_members_again_whose_process_is_killed_and_they_end_with_the_sweep(
    tmp_path, user
):
    with cluster(user) as address:
        sweep = [*SWEEP, f"hydra.launcher.address={address}", "hydra.launcher.retries=1"]
        sweep += ["model.deaths=1,3,-1"]
        process = begun(user, tmp_path, *sweep)
        assert process.stdout is not None
        assert any("member 1 is lost: " in line for line in process.stdout)  # and the others go on
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 143, said
        assert "Traceback" not in said
        assert have_ended(members_of(tmp_path, -1))
        assert [len(set(members_of(tmp_path, deaths))) for deaths in (1, 3, -1)] == [2, 2, 1]
        assert statuses(tmp_path) == {"1": "done", "3": "lost", "-1": "lost"}
        done = cold_command(*sweep, cwd=tmp_path, **user)
        assert done.returncode == 0, done.stdout + done.stderr
        assert statuses(tmp_path) == {"1": "reused", "3": "done", "-1": "done"}


def test_what_is_started_for_a_sweep_ends_when_the_sweep_is_killed(tmp_path, user):
    sweep = begun(user, tmp_path, *SWEEP, "model.deaths=-1", "hydra.launcher.n_jobs=2")
    found = subprocess.run(["pgrep", "-P", str(sweep.pid)], capture_output=True, text=True)
    ray = [int(line) for line in found.stdout.split()]
    assert len(ray) >= 2  # what directs the cluster, and what directs this machine
    sweep.kill()
    sweep.communicate()
    assert have_ended([*ray, *members_of(tmp_path, -1)])


@pytest.mark.parametrize("named", [True, False])
def test_a_cluster_that_does_not_answer_is_named(tmp_path, user, named):
    ended = f"127.0.0.1:{free_port()}"
    address = ended if named else "auto"
    # Of itself, auto finds any cluster that runs on this machine, as those of other tests.
    known = user if named else user | {"RAY_ADDRESS": ended}
    done = cold_command(*SWEEP, f"hydra.launcher.address={address}", cwd=tmp_path, **known)
    assert done.returncode == 2, done.stderr
    assert "error: hydra.launcher.address: no cluster of Ray answers" in done.stderr
    assert f"  value:   {address}" in done.stderr


@pytest.mark.parametrize(
    ("key", "value"), [("cores_per_member", 0), ("retries", -1), ("n_jobs", 0)]
)
def test_numbers_that_run_no_member_are_refused(key, value):
    pytest.importorskip("ray", reason="needs the extra ray")
    launcher = {"_target_": "x.RayLauncher", "n_jobs": 1, "cores_per_member": 1, "retries": 0}
    with pytest.raises(ConfigError, match=rf"hydra\.launcher\.{key}: "):
        check_launcher(OmegaConf.create(launcher | {key: value}))


def test_without_ray_the_command_says_what_to_install(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ray'] = None\n")
    path = f"{tmp_path}:{ROOT}"
    done = command(SMALL_DEMO, "-m", "hydra/launcher=ray", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: hydra/launcher: it needs the package 'ray', which is not installed",
        "  value:   ray",
        "  allowed: options whose packages are installed",
        "  to do:   pip install 'anomalog-exp[ray]'",
    ]
    assert not (tmp_path / "outputs").exists()
