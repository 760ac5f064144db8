"""The members of a sweep, read from its folder: each has left a record of what it came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalog_exp.errors import DataError

__all__ = ["STUDY", "SweepMember", "importance_of_keys", "is_sweep_dir", "sweep_members"]

STUDY = "study.json"
"""What a search found out about its keys, in the folder of its sweep."""


@dataclass(frozen=True)
class SweepMember:
    """What a member's record says.

    Attributes:
        index: Its place in the sweep.
        status: How it ended.
        reason: Why it has no result; None where it has one.
        run_dir: Where its files are; None where it never came to have any.
    """

    index: int
    status: str
    reason: str | None
    run_dir: Path | None


def is_sweep_dir(folder: Path) -> bool:
    """Whether a folder is that of a sweep, which may run still."""
    return (folder / "plan.json").is_file() or (folder / "results.json").is_file()


def importance_of_keys(folder: Path) -> dict[str, float]:
    """The share of the objective that each key of a search explains; empty for other sweeps."""
    path = folder / STUDY
    return dict(json.loads(path.read_text("utf-8"))["importance"]) if path.is_file() else {}


def sweep_members(folder: Path) -> list[SweepMember]:
    """The members that have left a record, in the order of the sweep.

    Raises:
        DataError: a record is damaged.
    """
    files = sorted((folder / "members").glob("*.json"))
    if files:
        members = [_member(folder, file, _json(file)) for file in files]
    elif (table := folder / "results.json").is_file():
        listed = _json(table)
        records = listed.get("members") if isinstance(listed, dict) else None
        if not isinstance(records, list):
            raise _damaged(table)
        members = [_member(folder, table, record) for record in records]
    else:
        members = []
    return sorted(members, key=lambda member: member.index)


def _member(folder: Path, file: Path, record: Any) -> SweepMember:
    try:
        run_dir = record.get("run_dir")
        return SweepMember(
            index=int(record["index"]),
            status=str(record["status"]),
            reason=record.get("reason"),
            run_dir=None if run_dir is None else _where_it_is(folder, Path(run_dir)),
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _damaged(file) from error


def _where_it_is(folder: Path, run_dir: Path) -> Path:
    """The run dir of a record; results may have been moved as a whole since it was written."""
    moved = folder.absolute().parents[1] / run_dir.parent.name / run_dir.name
    return moved if not run_dir.is_dir() and moved.is_dir() else run_dir


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> DataError:
    return DataError.of(
        "SWEEP_DIR",
        file,
        problem="this record is damaged: no sweep writes such a file",
        allowed="the files of a sweep as it wrote them",
        fix="type the command of the sweep again: it reuses what is done, and writes its records anew",
    )
