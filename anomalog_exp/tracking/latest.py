"""Which of the runs in MLflow of one config is the latest; each result stands there once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from anomalog_exp.tracking.contention import despite_others
from anomalog_exp.tracking.endings import LATEST, RESULT

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

__all__ = ["remove_doubles", "result_tag", "tell_latest"]

_LOOKS: Final = 4
"""So many are enough unless somebody changes the same tags all the time."""


def result_tag(fingerprint: str, ended: str, place: str) -> str:
    """The tag that says which result a run mirrors.

    Args:
        fingerprint: Of its config.
        ended: When the result was there.
        place: The run of the sweep that it stands under, or that it stands alone.
    """
    return f"{fingerprint} {ended} {place}"


def tell_latest(client: MlflowClient, run_id: str, experiment: str, result: str) -> None:
    """Tag which of the runs of one config and place is the latest: comparisons leave out the others.

    At a server others may tell the same of the same runs meanwhile, by older facts. Each looks once more
    after it has written, so that the last one to write leaves what is true.

    Args:
        client: Of the store or the server.
        run_id: A run that is written; others that mirror its result are removed.
        experiment: Of the run.
        result: Its `result_tag`.
    """
    fingerprint, _, place = result.split()
    like = f"tags.`{RESULT}` LIKE '{result_tag(fingerprint, '%', place)}'"
    for _ in range(_LOOKS):
        runs = client.search_runs([experiment], like)
        same = {run.info.run_id for run in runs if run.data.tags[RESULT] == result} - {run_id}
        remove_doubles(client, same)
        if not _told(client, [run for run in runs if run.info.run_id not in same]):
            break


def _told(client: MlflowClient, runs: Iterable[Run]) -> bool:
    """Whether a tag had to be written, as it now is."""
    latest = max(runs, key=lambda run: run.info.end_time or 0)
    changed = False
    for run in runs:
        latest_or_not = "yes" if run is latest else "no"
        if run.data.tags.get(LATEST) != latest_or_not:
            despite_others(client.set_tag, run.info.run_id, LATEST, latest_or_not)
            changed = True
    return changed


def remove_doubles(client: MlflowClient, run_ids: Iterable[str]) -> None:
    """Remove runs that are there besides the one that was asked for.

    A server that makes a run, and whose answer is lost, is asked again by MLflow, and makes another.
    """
    for run_id in run_ids:
        client.delete_run(run_id)
