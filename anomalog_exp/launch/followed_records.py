"""The records that members leave, seen as they appear by the process that started the sweep."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Event, Thread
from typing import Any

__all__ = ["FollowedRecords"]

_EVERY_S = 0.5


class FollowedRecords(Thread, ABC):
    """A thread that is given each record once, until it is closed.

    Args:
        name: Of the thread.
        members: The folder of the records.
    """

    def __init__(self, name: str, members: Path) -> None:
        super().__init__(name=name, daemon=True)
        self._members = members
        self._seen: set[Path] = set()
        self._ended = Event()

    @abstractmethod
    def add(self, record: dict[str, Any]) -> None:
        """Take the record of a member that has ended."""

    def waits(self) -> None:
        """Called twice a second while members run."""

    def run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._add_new()
            self.waits()

    def close(self) -> None:
        """Take what has ended until now, and stop."""
        self._ended.set()
        self.join()
        self._add_new()

    def _add_new(self) -> None:
        for path in sorted(set(self._members.glob("*.json")) - self._seen):
            self._seen.add(path)
            self.add(json.loads(path.read_text(encoding="utf-8")))
