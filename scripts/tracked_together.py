"""Runs in processes of their own that reach a tracker at the same moment, and what it has of them then.

Each process runs the command as a user does, and waits before its run is mirrored until all others are
as far. So the tracker has all of them at once, however few cores compute the runs. The processes are
forks of one that has imported the program and MLflow, which is what a small run takes longest to do.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Final

import yaml
from reliability_process import Ended, Forks, Job

__all__ = ["Meeting", "Tracked", "run_together", "run_with_others", "tracked"]

_PATIENCE_S: Final = 600.0
_GROUPS: Final = ("dataset", "sequence", "split", "template", "model")


class Meeting:
    """A folder in which processes wait for one another.

    Args:
        folder: Exists.
        members: How many meet.
    """

    def __init__(self, folder: Path, members: int) -> None:
        self.folder, self.members = folder, members

    def join(self) -> None:
        """Wait until everybody is there.

        Raises:
            TimeoutError: somebody has not come.
        """
        (self.folder / str(os.getpid())).touch()
        self.wait(self.members)

    def wait(self, number: int) -> None:
        """Wait until so many are there."""
        give_up = time.monotonic() + _PATIENCE_S
        while len(self.present()) < number:
            if time.monotonic() > give_up:
                raise TimeoutError(f"{len(self.present())} of {number} came to {self.folder}")
            time.sleep(0.05)

    def present(self) -> list[int]:
        """The numbers of the processes that are there."""
        return [int(path.name) for path in self.folder.iterdir() if path.name.isdecimal()]

    def leave(self, begun: float) -> None:
        """Note when this process began its work, in monotonic seconds, and that it ends now."""
        note = self.folder / f"{os.getpid()}.seconds"
        note.write_text(json.dumps([begun, time.monotonic()]))

    def spans(self) -> list[tuple[float, float]]:
        """When each began and ended."""
        return [tuple(json.loads(path.read_text())) for path in self.folder.glob("*.seconds")]


def run_together(
    forks: Forks,
    folder: Path,
    jobs: Sequence[Job],
    met: Callable[[Meeting], None] = lambda meeting: None,
) -> tuple[list[Ended], Meeting]:
    """How commands ended whose runs were all mirrored from one moment on, and when each was.

    Args:
        forks: The process to fork.
        folder: For what the processes leave for one another.
        jobs: The commands.
        met: Called when all wait for that moment.
    """
    meeting = Meeting(Path(mkdtemp(prefix="meeting-", dir=folder)), len(jobs) + 1)
    call = "tracked_together:run_with_others"
    place = [str(meeting.folder), meeting.members]
    together = [
        replace(job, arguments=[*place, *job.arguments], call=call, timeout=_PATIENCE_S)
        for job in jobs
    ]
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(forks.run, *together)
        meeting.wait(len(jobs))
        met(meeting)
        meeting.join()
        return running.result(), meeting


def run_with_others(folder: str, members: int, *arguments: str) -> int:
    """The command with these arguments, whose run is mirrored when `members` processes are as far."""
    from anomalog_exp import app
    from anomalog_exp.__main__ import main

    meeting, mirror_run = Meeting(Path(folder), members), app.mirror_run

    def mirrored_with_others(*given: Any, **named: Any) -> bool:
        meeting.join()
        begun = time.monotonic()
        try:
            return mirror_run(*given, **named)
        finally:
            meeting.leave(begun)

    app.mirror_run = mirrored_with_others
    return main(list(arguments))


@dataclass
class Tracked:
    """What a tracker has of some run dirs.

    Attributes:
        whole: How many stand there once, ended as they did, and are equal in all that was looked at.
        lost: Run dirs of which it has nothing.
        doubled: Run dirs that stand there more than once.
        differing: What differs, in words.
        left_over: Runs of the experiment that mirror none of the run dirs.
    """

    whole: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


def tracked(address: str, experiment: str, run_dirs: Sequence[Path]) -> Tracked:
    """Compare all runs of an experiment with the run dirs that they should mirror."""
    from anomalog_exp.tracking.store import set_up_mlflow

    set_up_mlflow()
    from mlflow.tracking import MlflowClient

    client, found = MlflowClient(tracking_uri=address), Tracked()
    known = client.get_experiment_by_name(experiment)
    runs = [] if known is None else _all_runs(client, known.experiment_id)
    by_dir: dict[str | None, list[Any]] = {}
    for run in runs:
        by_dir.setdefault(run.data.tags.get("run_dir"), []).append(run)
    for run_dir in run_dirs:
        mirrors = by_dir.pop(str(run_dir), [])
        if not mirrors:
            found.lost.append(str(run_dir))
        elif len(mirrors) > 1:
            ends = ", ".join(run.info.status for run in mirrors)
            found.doubled.append(f"{run_dir} ({ends})")
        elif wrong := _differences(client, mirrors[0], run_dir):
            found.differing += [
                f"{run_dir.name} ({mirrors[0].info.status}): {one}" for one in wrong
            ]
        else:
            found.whole += 1
    latest = Counter(
        run.data.tags["fingerprint"]
        for run in runs
        if run.data.tags.get("anomalog.latest") == "yes"
    )
    for config in {run.data.tags.get("fingerprint") for run in runs}:
        if latest[config] != 1:
            found.differing.append(f"{latest[config]} runs are the latest of {config}")
    found.left_over = [run.info.run_id for left in by_dir.values() for run in left]
    return found


def _all_runs(client: Any, experiment: str) -> list[Any]:
    runs, page = [], None
    while page is None or page.token:
        page = client.search_runs([experiment], page_token=page.token if page else None)
        runs += page
    return runs


def _differences(client: Any, run: Any, run_dir: Path) -> list[str]:
    """What of a run in the tracker is not as the files of its run dir say."""
    from anomalog_exp.results.read import read_run
    from anomalog_exp.tracking.mirror import run_metrics

    stored = read_run(run_dir)
    status, config = stored.status, yaml.safe_load(stored.paths.config_path.read_text())
    headline = stored.report.primary.headline or {}
    options = _leaves({key: config[key] for key in ("seed", *_GROUPS)})
    tags = {
        "fingerprint": status["config_fingerprint"],
        "data_digest": status["data_digest"],
        "code_digest": status["code_digest"],
        "status": status["status"],
    }
    files = {"status.json", *(name for name in status["files"] if not name.startswith("bundle/"))}
    files |= {path.name for path in [stored.paths.page_path] if path.is_file()}
    wrong = {
        "status": run.info.status != "FINISHED",
        "end": run.info.end_time != _ms(stored.environment["ended"]),
        "headline": not headline.items() <= _without_scope(run.data.metrics).items(),
        "metrics": run.data.metrics != run_metrics(stored),
        "params": not options.items() <= run.data.params.items(),
        "tags": not tags.items() <= run.data.tags.items(),
        "data set": [one.dataset.digest for one in run.inputs.dataset_inputs]
        != [stored.dataset_manifest["dataset"]["digest"][:16]],
    }
    with TemporaryDirectory() as copy:
        client.download_artifacts(run.info.run_id, "", copy)
        there = {
            path.relative_to(copy).as_posix(): path.read_bytes()
            for path in Path(copy).rglob("*")
            if path.is_file()
        }
    wrong["files"] = there != {name: (run_dir / name).read_bytes() for name in files}
    return [what for what, is_wrong in wrong.items() if is_wrong]


def _leaves(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted names of a config and their values as texts."""
    leaves: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            leaves |= _leaves(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return leaves


def _without_scope(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name.rpartition("/")[2]: value for name, value in metrics.items()}


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
