"""How a run in MLflow ends where the process that writes it does not come to that.

An exception ends it at once. A killed process cannot; the next process that opens the store does it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = [
    "KIND",
    "LATEST",
    "PROCESS",
    "RESULT",
    "end_left_running",
    "ended_in_any_case",
    "this_process",
]

KIND = "anomalog.kind"
"""The tag that says what a run of MLflow is: `run` or `sweep`."""

LATEST = "anomalog.latest"
"""The tag that says whether a run is the latest of its config, `yes` or `no`."""

RESULT = "anomalog.run"
"""The tag that says which result a run mirrors."""

PROCESS = "anomalog.process"
"""The tag that says which process keeps a sweep's run open."""


@contextmanager
def ended_in_any_case(client: MlflowClient, run_id: str) -> Iterator[None]:
    """Ends the run as failed or killed where the block, which should end it, raises."""
    try:
        yield
    except BaseException as error:
        how = "FAILED" if isinstance(error, Exception) else "KILLED"
        try:
            client.set_terminated(run_id, how)
        except Exception as further:  # noqa: BLE001 - the first one says what is wrong
            error.add_note(f"its run {run_id} could not be ended: {further}")
        raise


def end_left_running(client: MlflowClient, experiment: str) -> None:
    """End as killed what dead processes of ours have left running; the store's lock is held."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if _left(run.data.tags):
            client.set_tag(run.info.run_id, "status", "killed")
            client.set_terminated(run.info.run_id, "KILLED")


def this_process() -> str:
    """The name of this process, as it stands in the tag."""
    return f"{platform.node()}:{os.getpid()}"


def _left(tags: dict[str, Any]) -> bool:
    """Whether nobody writes this run any more.

    A result is mirrored under the lock that we hold. A sweep's run stays open while its members run; of
    processes on other machines nothing is known.
    """
    if PROCESS in tags:
        host, _, process = tags[PROCESS].partition(":")
        return host == platform.node() and not _alive(process)
    return RESULT in tags or tags.get("mlflow.source.name") == "anomalog_exp"


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
