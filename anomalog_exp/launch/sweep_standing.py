"""How each member of a sweep stands, seen from any machine that sees its folder."""

from __future__ import annotations

from typing import Any

from anomalog_exp.launch.sent_sweep import LOST
from anomalog_exp.launch.sweep_folder import SweepFolder

__all__ = ["is_open", "standing"]

_WAITING, _RUNNING = "waiting", "running"


def standing(folder: SweepFolder) -> list[dict[str, Any]]:
    """The record of each member that has ended, and for each other one what is known of it.

    Its status is then `waiting`, `running`, or `lost` where nobody will run it any more.
    """
    # Jobs leave the queue after their records are written: asked in this order, none is missed.
    states = folder.sent.in_queue()
    records = folder.left()
    job_of = folder.sent.job_of
    for index, overrides in enumerate(folder.plan):
        if index not in records:
            status, reason = _open_member(folder, index, job_of.get(index), states)
            records[index] = {
                "index": index,
                "overrides": overrides,
                "status": status,
                "reason": reason,
            }
    return [records[index] for index in sorted(records)]


def is_open(record: dict[str, Any]) -> bool:
    """Whether a member is still to leave its record."""
    return record["status"] in (_WAITING, _RUNNING)


def _open_member(
    folder: SweepFolder, index: int, job: str | None, states: dict[str, str] | None
) -> tuple[str, str]:
    """Status and reason of a member without a record."""
    if job is None:
        if who := folder.who_runs():
            return _WAITING, f"{who}, runs the sweep"
        return "lost", "the sweep was stopped before it ended"
    where = folder.where_it_runs(index)
    if states is None:
        unknown = "this machine has no queue to ask"
        return (_RUNNING, where) if where else (_WAITING, f"job {job}; {unknown}")
    state = states.get(job)
    if state is None:
        return "lost", LOST
    if state == "PENDING" or where is None:
        return _WAITING, f"job {job} is {state}"
    return _RUNNING, f"job {job}, {where}"
