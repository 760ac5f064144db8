"""How a run in MLflow ends where the process that writes it does not come to that.

An exception ends it at once. A killed process cannot; the next process that opens the store does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from anomalog_exp.processes import is_gone, this_machine, this_process
from anomalog_exp.stopping import stop_signal

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = [
    "KIND",
    "LATEST",
    "PROCESS",
    "RESULT",
    "VIEW",
    "end_left_running",
    "ended_in_any_case",
    "writer",
]

KIND = "anomalog.kind"
"""The tag that says what a run of MLflow is: `run` or `sweep`."""

LATEST = "anomalog.latest"
"""The tag that says whether a run is the latest of its config, `yes` or `no`."""

RESULT = "anomalog.run"
"""The tag that says which result a run mirrors."""

PROCESS = "anomalog.process"
"""The tag that says which process writes a run, or keeps a sweep's open."""

VIEW = "anomalog.view"
"""The tag that names the view of a sweep's members."""

_MACHINE = "anomalog.machine"
"""The tag that says on which machine that process runs."""


def writer() -> dict[str, str]:
    """The tags of a run that this process writes."""
    return {PROCESS: this_process(), _MACHINE: this_machine()}


@contextmanager
def ended_in_any_case(client: MlflowClient, run_id: str) -> Iterator[None]:
    """Ends the run as failed or killed where the block, which should end it, raises."""
    try:
        yield
    except BaseException as error:
        stopped = stop_signal() is not None or not isinstance(error, Exception)
        how = "KILLED" if stopped else "FAILED"
        try:
            client.set_terminated(run_id, how)
        except Exception as further:  # noqa: BLE001 - the first one says what is wrong
            error.add_note(f"its run {run_id} could not be ended: {further}")
        raise


def end_left_running(client: MlflowClient, experiment: str, *, alone: bool) -> None:
    """End as killed what dead processes of ours have left running.

    What a server made too late, after MLflow had asked again and the result was there, is removed.

    Args:
        client: Of the store.
        experiment: Whose runs are looked at.
        alone: Nobody else writes: the store is local, and its lock is held. At a server only what
            processes of this machine have left is known.
    """
    running = "attributes.status = 'RUNNING'"
    if not alone:
        running += f" and tags.`{_MACHINE}` = '{this_machine()}'"
    for run in client.search_runs([experiment], running):
        tags, run_id = run.data.tags, run.info.run_id
        if not (_left_in_local_store(tags) if alone else is_gone(tags.get(PROCESS, ""))):
            continue
        # A process that lived while the server searched may have ended its run, and then itself.
        if client.get_run(run_id).info.status != "RUNNING":
            continue
        if _is_there(client, experiment, tags.get(RESULT)):
            client.delete_run(run_id)
        else:
            client.set_tag(run_id, "status", "killed")
            client.set_terminated(run_id, "KILLED")


def _is_there(client: MlflowClient, experiment: str, result: str | None) -> bool:
    """Whether a run that has all of a result mirrors it."""
    whole = f"tags.`{RESULT}` = '{result}' and attributes.status = 'FINISHED'"
    return result is not None and len(client.search_runs([experiment], whole, max_results=1)) > 0


def _left_in_local_store(tags: dict[str, Any]) -> bool:
    """Whether nobody writes this run any more.

    A result is mirrored under the lock that we hold. A sweep's run stays open while its members run; of
    processes on other machines nothing is known.
    """
    if tags.get(KIND) == "sweep":
        return is_gone(tags.get(PROCESS, ""))
    return RESULT in tags or tags.get("mlflow.source.name") == "anomalog_exp"
