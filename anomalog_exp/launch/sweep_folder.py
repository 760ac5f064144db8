"""The folder of a sweep: what is planned, what each member came to, whether to stop.

Members and the process that started them share nothing else, so any launcher will do, a dead worker
takes no record with it, and any process can tell later what is missing. Its name says what was typed:
the same command after an interruption continues in the same place. Typed again while it runs, it waits:
one process at a time holds the folder, from before its first record until its table is written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from anomalog_exp.config.settings import SweepConfig
from anomalog_exp.files import remove_half_written, write_json
from anomalog_exp.launch.sent_jobs import SentJobs
from anomalog_exp.processes import is_gone, this_process

__all__ = ["SweepFolder"]

_ASK_EVERY_S = 0.2


class SweepFolder:
    """The files of a sweep.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = path / "members"
        """One JSON file for each member that has ended."""
        self.sent = SentJobs(path)
        """The jobs of a cluster that members are in."""
        self.config_path = path / "config.json"
        """What members sent to a cluster have in common, for whoever closes the sweep."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other process runs this sweep inside the block; one that does is waited for, and named.

        The kernel frees the lock of a process that ends, however it ends, and no child inherits it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            who = self.who_runs() or "another process"
            print(
                f"this sweep runs already: {who}; this one goes on when that one has ended",
                file=sys.stderr,
                flush=True,
            )
            lock.acquire(poll_interval=_ASK_EVERY_S)
        try:
            remove_half_written(self.path)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            write_json(self._runs, {"process": this_process(), "since": since})
            yield
        finally:
            self._runs.unlink(missing_ok=True)
            lock.release()

    def begin(
        self,
        plan: Sequence[Sequence[str]],
        typed: Sequence[str] = (),
        asked: SweepConfig | None = None,
    ) -> None:
        """Write the overrides of each member that is to run, and forget an earlier round.

        Args:
            plan: The overrides of each member.
            typed: What the sweep is over, for the record.
            asked: What its tables are to show; None shows every member.
        """
        self.members.mkdir(parents=True, exist_ok=True)
        for path in self.members.iterdir():
            path.unlink(missing_ok=True)
        self._stop.unlink(missing_ok=True)
        self.sent.forget()
        repeats = {} if asked is None else asked.model_dump(include={"summarize", "summary"})
        write_json(self._plan, {"members": plan, "typed": typed, **repeats})

    @property
    def is_there(self) -> bool:
        """Whether a sweep has begun here."""
        return self._plan.is_file()

    @property
    def typed(self) -> list[str]:
        """What the sweep is over; nothing where an earlier version began it."""
        return list(json.loads(self._plan.read_text(encoding="utf-8")).get("typed", []))

    @property
    def summarize(self) -> list[str]:
        """The keys whose values repeat a configuration in the tables."""
        return list(json.loads(self._plan.read_text(encoding="utf-8")).get("summarize", []))

    @property
    def plan(self) -> list[list[str]]:
        """The overrides of each member; none where they are chosen while the sweep runs."""
        return list(json.loads(self._plan.read_text(encoding="utf-8"))["members"])

    @contextmanager
    def begun(self, index: int) -> Iterator[None]:
        """A member runs inside the block, and whoever looks into the folder sees where and since when.

        What is killed leaves its mark.
        """
        mark = self._mark(index)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        mark.write_text(f"process {this_process().replace(':', ' ')}, since {since}")
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)

    def where_it_runs(self, index: int) -> str | None:
        """Where a member runs and since when, or ran when it was killed; None where it has not begun."""
        try:
            return self._mark(index).read_text()
        except FileNotFoundError:
            return None

    def has_ended(self, index: int) -> bool:
        """Whether a member has left its record."""
        return (self.members / f"{index:05d}.json").is_file()

    def leave(self, record: dict[str, Any]) -> None:
        """Write what a member came to; `index` is its place in the plan."""
        write_json(self.members / f"{record['index']:05d}.json", record)

    def record(self, index: int) -> dict[str, Any]:
        """What a member that has run came to; `failed` where it left nothing: its worker died."""
        path = self.members / f"{index:05d}.json"
        if path.is_file():
            return dict(json.loads(path.read_text(encoding="utf-8")))
        return {"index": index, "status": "failed", "reason": "its worker ended without a word"}

    def records(self, missing_because: str) -> list[dict[str, Any]]:
        """What each member came to, in the order of the plan; `lost` where it left no record.

        Args:
            missing_because: Why a member that was planned has no record.
        """
        records = self.left()
        for index, overrides in enumerate(self.plan):
            lost = {"status": "lost", "reason": missing_because}
            records.setdefault(index, {"index": index, "overrides": overrides, **lost})
        return [records[index] for index in sorted(records)]

    def left(self) -> dict[int, dict[str, Any]]:
        """The records of members that have ended, by their place in the plan."""
        found = [
            json.loads(path.read_text(encoding="utf-8")) for path in self.members.glob("*.json")
        ]
        return {int(record["index"]): record for record in found}

    def ask_to_stop(self) -> None:
        """Let members that have not begun leave it at that."""
        self._stop.touch()

    def is_to_stop(self) -> bool:
        """Whether members that have not begun are to leave it at that."""
        return self._stop.exists()

    def _mark(self, index: int) -> Path:
        return self.members / f"{index:05d}.begun"

    def who_runs(self) -> str | None:
        """The process that holds the folder, and since when; None where none does, or none is known."""
        try:
            runs = json.loads(self._runs.read_text(encoding="utf-8"))
            host, _, pid = runs["process"].rpartition(":")
        except (OSError, ValueError, LookupError):  # it has just begun, or just ended
            return None
        return (
            None if is_gone(runs["process"]) else f"process {pid} on {host}, since {runs['since']}"
        )

    @property
    def _runs(self) -> Path:
        return self.path / "runs.json"

    @property
    def _plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def _stop(self) -> Path:
        return self.path / "stop"
