"""The same sweep typed twice, and what is left of a sweep whose process is killed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hydra.core.utils import JobReturn
from hydra.types import RunMode
from omegaconf import OmegaConf

from anomalog_exp.launch.sweep_folder import SweepFolder
from hydra_plugins.anomalog_exp_sweepers import RecordsSweep
from tests.command import SMALL_DEMO, command, environment, sweep_rows

SWEEP = [SMALL_DEMO, "tracking=none", "evaluation.bootstrap_samples=0", "seed=0,1,2,3,4,5", "-m"]
SWEEP += ["report.page=false"]
LONG = ["dataset.source.lines=100000", "tracking=none", "model=markov", "sequence.step=null", "-m"]
LONG += ["report.page=false", "evaluation.bootstrap_samples=0"]


def begun(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *arguments],
        cwd=cwd, env=environment(), stdout=-1, stderr=-1, text=True,
    )  # fmt: skip


def until(true, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def descendants(pid: int) -> set[int]:
    """Every process below a process."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if stat[0] != "Z":
            parents[int(folder.name)] = int(stat[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("members_done", "launcher"), [(0, "local"), (4, "basic")])
def test_the_same_sweep_typed_again_waits_and_says_for_whom(tmp_path, members_done, launcher):
    """The second begins when so many members of the first have left a record."""
    sweep = [*SWEEP, f"hydra/launcher={launcher}"]
    first = begun(*sweep, cwd=tmp_path)
    until(lambda: any(tmp_path.glob("outputs/sweeps/*/runs.json")))
    until(lambda: len(list(tmp_path.glob("outputs/sweeps/*/members/*.json"))) >= members_done)
    second = begun(*sweep, cwd=tmp_path)
    ended = [process.communicate(timeout=120) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], ended
    assert all("6 members: 6 done" in stdout for stdout, _ in ended)
    assert [row["status"] for row in sweep_rows(tmp_path / "outputs")] == ["reused"] * 6
    if members_done == 0:  # the first had seconds to go
        who = (
            rf"this sweep runs already: process {first.pid} on .+, since 20.+\+00:00; this one goes"
        )
        assert re.search(who, ended[1][1])


def test_one_process_at_a_time_holds_a_sweep_whoever_asks_first(tmp_path):
    processes = [begun(*SWEEP, "hydra/launcher=basic", cwd=tmp_path) for _ in range(3)]
    ended = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ended
    assert sum("this sweep runs already" in stderr for _, stderr in ended) >= 1
    assert sum(stdout.count(" reused ") for stdout, _ in ended) == 12
    assert [row["status"] for row in sweep_rows(tmp_path / "outputs")] == ["reused"] * 6


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> list[str]:
    """Where the log of the long sweep is already written and built."""
    folder = tmp_path_factory.mktemp("built")
    places = [f"paths.{place}={folder / place}" for place in ("data_dir", "cache_dir")]
    done = command(*LONG[:3], *places, cwd=folder)
    assert done.returncode == 0, done.stderr
    return places


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("launcher", "number"),
    [("local", signal.SIGKILL), ("local", signal.SIGTERM), ("submitit_local", signal.SIGKILL)],
)
def test_workers_end_with_the_process_of_their_sweep(tmp_path, built, launcher, number):
    if launcher == "submitit_local":
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher", exc_type=ImportError)
    # submitit starts all members at once.
    sizes = {"local": "12,11,10,9", "submitit_local": "12,11"}[launcher]
    arguments = [*LONG, *built, f"sequence.window_size={sizes}"]
    process = begun(*arguments, f"hydra/launcher={launcher}", cwd=tmp_path)
    until(lambda: any(tmp_path.glob("outputs/*/*/status.json")) or process.poll() is not None)
    below = descendants(process.pid)
    assert below
    process.send_signal(number)
    until(lambda: not any(runs(pid) for pid in below), 10)
    process.communicate()
    (folder,) = tmp_path.glob("outputs/sweeps/*")
    kept = {
        record["run_dir"]
        for record in SweepFolder(folder).records("it was stopped")
        if record["status"] == "done"
    }
    before = {path: Path(path, "metrics.json").stat().st_mtime_ns for path in kept}
    done = command(*arguments, "hydra/launcher=basic", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "this sweep runs already" not in done.stderr
    assert list(tmp_path.glob("outputs/sweeps/*")) == [folder]  # it is the same sweep
    assert before == {path: Path(path, "metrics.json").stat().st_mtime_ns for path in kept}


def test_a_sweep_keeps_no_config_of_a_member_that_has_ended():

    def ended(mode: RunMode) -> JobReturn:
        config = OmegaConf.create({"hydra": {"mode": mode}})
        job = JobReturn(cfg=config, hydra_cfg=config, overrides=["seed=1"])
        RecordsSweep().on_job_end(config, job)
        return job

    member = ended(RunMode.MULTIRUN)
    assert (member.cfg, member.hydra_cfg, member.overrides) == (None, None, ["seed=1"])
    assert ended(RunMode.RUN).cfg is not None
