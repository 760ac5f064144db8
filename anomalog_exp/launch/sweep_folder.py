"""The folder of a sweep: what is planned, what each member came to, whether to stop.

Members and the process that started them share nothing else, so any launcher will do, a dead worker
takes no record with it, and any process can tell later what is missing. Its name says what was typed:
the same command after an interruption continues in the same place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.files import write_json

__all__ = ["SweepFolder"]


class SweepFolder:
    """The files of a sweep.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = path / "members"
        """One JSON file for each member that has ended."""

    def begin(self, plan: Sequence[Sequence[str]], typed: Sequence[str] = ()) -> None:
        """Write the overrides of each member that is to run, and forget an earlier round.

        Args:
            plan: The overrides of each member.
            typed: What the sweep is over, for the record.
        """
        shutil.rmtree(self.members, ignore_errors=True)
        self.members.mkdir(parents=True)
        self._stop.unlink(missing_ok=True)
        write_json(self._plan, {"members": plan, "typed": typed})

    @property
    def is_there(self) -> bool:
        """Whether a sweep has begun here."""
        return self._plan.is_file()

    @property
    def typed(self) -> list[str]:
        """What the sweep is over; nothing where an earlier version began it."""
        return list(json.loads(self._plan.read_text(encoding="utf-8")).get("typed", []))

    def leave(self, record: dict[str, Any]) -> None:
        """Write what a member came to; `index` is its place in the plan."""
        write_json(self.members / f"{record['index']:05d}.json", record)

    def records(self, missing_because: str) -> list[dict[str, Any]]:
        """What each member came to, in the order of the plan; `lost` where it left no record.

        Args:
            missing_because: Why a member that was planned has no record.
        """
        found = [
            json.loads(path.read_text(encoding="utf-8")) for path in self.members.glob("*.json")
        ]
        records = {int(record["index"]): record for record in found}
        for index, overrides in enumerate(json.loads(self._plan.read_text())["members"]):
            lost = {"status": "lost", "reason": missing_because}
            records.setdefault(index, {"index": index, "overrides": overrides, **lost})
        return [records[index] for index in sorted(records)]

    def ask_to_stop(self) -> None:
        """Let members that have not begun leave it at that."""
        self._stop.touch()

    def is_to_stop(self) -> bool:
        """Whether members that have not begun are to leave it at that."""
        return self._stop.exists()

    @property
    def _plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def _stop(self) -> Path:
        return self.path / "stop"
