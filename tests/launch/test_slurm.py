"""Sweeps on a real Slurm of one node, which is started for these tests."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import slurm_cluster, why_no_cluster

from tests.command import SMALL_DEMO, command, sweep_rows
from tests.docs.shown import PAGES, SLURM, commands

pytestmark = pytest.mark.skipif(why_no_cluster() is not None, reason=str(why_no_cluster()))
pytest.importorskip("hydra_plugins.hydra_submitit_launcher", exc_type=ImportError)

GATED = Path(__file__).parents[1] / "plugins/gated"
QUICK = ["tracking=none", "report.page=false", "evaluation.bootstrap_samples=0"]
SMALL = ["hydra.launcher.cpus_per_task=1", "hydra.launcher.mem_gb=2"]
SHOWN = [one for page in PAGES for one in commands(page) if SLURM in one.words]


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    """The environment of commands that are to find the cluster."""
    with slurm_cluster(cpus=6) as conf:
        yield {"SLURM_CONF": str(conf)}


def said(slurm: dict[str, str], *line: str) -> str:
    done = subprocess.run(line, env=os.environ | slurm, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(true: Callable[[], object], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def sweep_dir(folder: Path) -> Path:
    (found,) = folder.glob("outputs/sweeps/*")
    return found


def sent(sweep: Path) -> list[Any]:
    return json.loads((sweep / "sent.json").read_text())


def ended(sweep: Path) -> list[int]:
    """The members that have a record."""
    return sorted(int(path.stem) for path in sweep.glob("members/*.json"))


def running(sweep: Path) -> dict[int, str]:
    """The members that have begun and not ended, and where each runs."""
    return {int(path.stem): path.read_text() for path in sweep.glob("members/*.begun")}


@dataclass(frozen=True)
class SentAgain:
    """A sweep whose two jobs were cut off in their second member.

    Attributes:
        folder: That of the sweep.
        home: Where it was typed.
        before: Where the second members ran.
    """

    folder: Path
    home: Path
    before: set[str]


@pytest.fixture(scope="module")
def sent_again(slurm, tmp_path_factory) -> SentAgain:
    """Slurm lets such jobs wait for some seconds, in which other tests run.

    One is requeued by hand; the other asks for it itself, as it is told that its time is over.
    """
    home = tmp_path_factory.mktemp("sent_again")
    sweep = [
        *QUICK, *SMALL, SMALL_DEMO, SLURM, "-m", f"plugins=['{os.path.relpath(GATED, home)}']",
        "model=gated", "seed=0,1", "model.gate=null,open", "hydra.launcher.members_per_job=2",
        "hydra.launcher.setup=[echo set up]", "--detach",
    ]  # fmt: skip
    done = command(*sweep, cwd=home, **slurm)
    assert done.returncode == 0, done.stderr
    folder = sweep_dir(home)
    assert done.stdout.startswith("sent     4 members, 2 jobs of Slurm: ")
    assert f"status   python -m anomalog_exp status {folder}\n" in done.stdout
    (first, _), (second, _) = sent(folder)

    # The first member of each job is done, the second waits for its file.
    until(lambda: ended(folder) == [0, 2] and set(running(folder)) == {1, 3})
    shown = command("status", str(folder), cwd=home, **slurm)
    assert shown.returncode == 0, shown.stderr
    assert f"member 1 running: job {first}, process" in shown.stdout
    assert "4 members: 2 done, 2 running." in shown.stdout
    again = command(*sweep, cwd=home, **slurm)
    assert again.returncode == 2
    assert "this sweep: it waits or runs already, as 2 jobs of Slurm" in again.stderr

    before = set(running(folder).values())
    said(slurm, "scontrol", "requeue", first)
    said(slurm, "scancel", "--signal=USR2", second)
    return SentAgain(folder, home, before)


def test_jobs_run_members_and_the_command_waits_for_the_table(slurm, sent_again, tmp_path):
    """Relative paths, a launcher's file of one's own, and one member that fails."""
    (tmp_path / "app.log").write_text(
        "".join(f"2026-03-01 10:00:{i % 60:02d} INFO worker: step {i} done\n" for i in range(300))
    )
    (tmp_path / "own/hydra/launcher").mkdir(parents=True)
    (tmp_path / "own/hydra/launcher/ours.yaml").write_text(
        "defaults: [slurm, _self_]\ncpus_per_task: 1\nmem_gb: 2\nmembers_per_job: 2\n"
    )
    done = command(
        *QUICK, "hydra/launcher=ours", "--config-dir", "own", "-m", "dataset=custom",
        "dataset.source.path=app.log", "sequence=fixed", "sequence.window_size=10",
        "model=markov", "model.smoothing=-1,1,2",
        cwd=tmp_path, ANOMALOG_OUTPUT_DIR="results", **slurm,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "member 0 failed: model.smoothing: this value does not fit" in done.stdout
    assert "3 members: 2 done, 1 failed" in done.stdout
    assert [row["status"] for row in sweep_rows(tmp_path / "results")] == ["done", "done", "failed"]
    (folder,) = tmp_path.glob("results/sweeps/*")
    assert len({path.parent.name for path in folder.glob(".submitit/*/*.out")}) == 2
    assert not (folder / "sent.json").exists()


def test_shown_commands_send_sweeps_that_end_well(slurm, tmp_path):
    homes = [tmp_path / str(number) for number in range(len(SHOWN))]
    for shown, home in zip(SHOWN, homes, strict=True):
        home.mkdir()
        given = shown.words[3:]
        small = [key for key in SMALL if not any(key.split("=")[0] in word for word in given)]
        detach = [] if "--detach" in given else ["--detach"]
        done = command(*given, *QUICK, *small, *detach, SMALL_DEMO, cwd=home, **slurm)
        assert done.returncode == 0, done.stderr
    for home in homes:
        jobs = {job for job, _ in sent(sweep_dir(home))}
        until(lambda jobs=jobs: not jobs & set(said(slurm, "squeue", "-hro", "%F_%K").split()))
        closed = command("status", str(sweep_dir(home)), cwd=home, **slurm)
        assert closed.returncode == 0, closed.stdout
        assert {row["status"] for row in sweep_rows(home / "outputs")} == {"done"}


def test_a_job_that_is_gone_without_a_word_is_lost(slurm, tmp_path):
    held = "+hydra.launcher.additional_parameters.hold=true"
    sweep = [*QUICK, *SMALL, SMALL_DEMO, SLURM, "-m", "seed=7,8", held]
    one_at_once = "hydra.launcher.array_parallelism=1"
    done = command(*sweep, one_at_once, "--detach", cwd=tmp_path, **slurm)
    assert done.returncode == 0, done.stderr
    folder = sweep_dir(tmp_path)
    ((job, _), _) = sent(folder)
    array = job.partition("_")[0]
    assert "ArrayTaskThrottle=1 " in said(slurm, "scontrol", "show", "job", array)
    waits = command("status", str(folder), cwd=tmp_path, **slurm)
    assert f"member 0 waiting: job {job} is PENDING" in waits.stdout
    elsewhere = command("status", str(folder), cwd=tmp_path, PATH="/nowhere", **slurm)
    assert f"member 0 waiting: job {job}; this machine has no queue to ask" in elsewhere.stdout

    said(slurm, "scancel", array)
    until(lambda: array not in said(slurm, "squeue", "-ho", "%F").split())
    lost = command("status", str(folder), cwd=tmp_path, **slurm)
    assert lost.returncode == 1
    assert "members 0, 1 lost: its job ended without a word" in lost.stdout


def test_what_slurm_refuses_is_said_in_four_parts(slurm, tmp_path):
    arguments = [*QUICK, SMALL_DEMO, SLURM, "-m", "hydra.launcher.partition=nowhere", "--detach"]
    refused = command(*arguments, cwd=tmp_path, **slurm)
    assert refused.returncode == 2
    assert "error: hydra.launcher: Slurm does not take the jobs\n" in refused.stderr
    assert "invalid partition specified: nowhere" in refused.stderr


def test_jobs_that_are_sent_again_do_each_member_once(slurm, sent_again):
    folder = sent_again.folder
    # Both have begun again, in other processes, and members that were cut off left no record.
    until(lambda: len(set(running(folder).values()) - sent_again.before) == 2)
    assert ended(folder) == [0, 2]
    (sent_again.home / "open").touch()
    until(lambda: ended(folder) == [0, 1, 2, 3] and not said(slurm, "squeue", "-h"))
    closed = command("status", str(folder), cwd=sent_again.home, **slurm)
    assert closed.returncode == 0, closed.stderr
    assert "4 members: 4 done." in closed.stdout
    assert f"table    {folder / 'results.csv'}" in closed.stdout
    rows = {row["member"]: row["status"] for row in sweep_rows(sent_again.home / "outputs")}
    assert rows["0"] == rows["2"] == "reused"  # by the job that was sent again
    assert rows["1"] == rows["3"] == "done"
    fits = (sent_again.home / "fits.txt").read_text().split()
    assert sorted(fits) == ["None", "None", "open", "open"]
    (first, *_) = folder.glob(".submitit/*_0/*.out")
    assert first.read_text().count("set up\n") == 2
    again = command("status", str(folder), cwd=sent_again.home)
    assert "4 members: 4 done." in again.stdout
