"""Run dirs mirrored to MLflow by processes of their own that a test may kill.

MLflow takes seconds to import. One process does it, and each mirroring is a fork of it, which starts as
fresh as a process of its own: with no client, no open store and no lock.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import MlflowTrackingConfig
from tests.command import environment

_DATA_OF_A_RUN = {
    "metrics": "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?",
    "latest": "SELECT key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid = ?",
    "params": "SELECT key, value FROM params WHERE run_uuid = ?",
    "tags": "SELECT key, value FROM tags WHERE run_uuid = ?",
    "data sets": "SELECT name, digest FROM datasets JOIN inputs ON source_id = dataset_uuid"
    " WHERE destination_id = ?",
}


class Mirroring:
    """The process that imports MLflow once.

    Args:
        folder: Where it runs.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            cwd=folder, env=environment(PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def start(
        self,
        run_dir: Path,
        places: Path,
        *,
        parent: str | None = None,
        opened: bool = False,
        dies_at: str | None = None,
        time: int = 1,
        log_model: bool = False,
    ) -> int:
        """Begin to mirror a run dir; the process's id.

        Args:
            run_dir: What to mirror.
            places: The folder of the store and its artifacts.
            parent: The sweep's run.
            opened: Return only when the store is open, and no run is mirrored yet.
            dies_at: The process kills itself where it opens a file whose path holds this.
            time: Of how many times that it opens one.
            log_model: Log its bundle as a model.
        """
        self._ask(
            run_dir=str(run_dir),
            places=str(places),
            parent=parent,
            opened=opened,
            dies_at=dies_at,
            time=time,
            log_model=log_model,
        )
        return int(self._answer())

    def ended(self) -> int:
        """Wait for the process: 0 where it ended well, minus the signal where one killed it."""
        self._ask()
        return int(self._answer())

    def mirrored(self, *where: Path, **how: Any) -> int:
        """Mirror a run dir and wait for the end."""
        self.start(*where, **how)
        return self.ended()

    def killed(self, *where: Path, after: float, opened: bool = False) -> int:
        """Begin to mirror a run dir, kill the process after some seconds, wait for the end."""
        process = self.start(*where, opened=opened)
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        return self.ended()

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def _ask(self, **what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, "the process that imports MLflow is gone"
        return answer


def stored_runs(places: Path) -> list[dict[str, Any]]:
    """Everything that the store says of each run, read without MLflow."""
    with closing(sqlite3.connect(places / "mlflow.db")) as store:
        runs = store.execute(
            "SELECT run_uuid, status, lifecycle_stage, start_time, end_time, artifact_uri FROM runs"
        ).fetchall()
        return [
            {
                "id": run,
                "status": status,
                "stage": stage,
                "times": times,
                "files": sorted(path.name for path in Path(uri.removeprefix("file://")).glob("*")),
                **{
                    name: sorted(store.execute(query, [run]).fetchall())
                    for name, query in _DATA_OF_A_RUN.items()
                },
            }
            for run, status, stage, *times, uri in runs
        ]


def settings_in(places: Path, *, log_model: bool = False) -> MlflowTrackingConfig:
    """A store and its artifacts in a folder."""
    return MlflowTrackingConfig(
        name="mlflow",
        uri=None,
        store=places / "mlflow.db",
        artifacts=places / "artifacts",
        experiment_name="anomalog_exp",
        log_model=log_model,
    )


def _serve() -> None:
    import mlflow.store.tracking.sqlalchemy_store
    import mlflow.tracking  # noqa: F401 - what each fork would import

    print("ready", flush=True)
    for line in sys.stdin:
        waiting, begun = os.pipe()
        process = os.fork()
        if not process:
            os.close(waiting)
            try:
                _mirror(begun, **json.loads(line))
            except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        os.close(begun)
        os.read(waiting, 1)
        os.close(waiting)
        print(process, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def _mirror(
    begun: int,
    run_dir: str,
    places: str,
    parent: str | None,
    opened: bool,
    dies_at: str | None,
    time: int,
    log_model: bool,
) -> None:
    from anomalog_exp.tracking.mirror import mirror_run_dir
    from anomalog_exp.tracking.store import opened_store

    times = count(1)

    def die(event: str, details: tuple[Any, ...]) -> None:
        if event == "open" and str(dies_at) in str(details[0]) and next(times) == time:
            os.kill(os.getpid(), signal.SIGKILL)

    if dies_at is not None:
        sys.addaudithook(die)
    settings = settings_in(Path(places), log_model=log_model)
    if opened:
        with opened_store(settings):
            pass
    os.close(begun)
    mirror_run_dir(Path(run_dir), settings, parent=parent)


if __name__ == "__main__":
    _serve()
