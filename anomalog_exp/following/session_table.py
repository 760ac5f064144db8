"""The open sessions of entities: a table of numbers by slot, and the slot of each entity's session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SessionTable"]

_COLUMNS = ("latest_ms", "events", "window", "first_line")


class SessionTable:
    """Sessions that are open.

    Attributes:
        is_open: (slots,) which slots hold one.
        latest_ms: (slots,) when the latest event was: by the clock, or its own time if that is later.
        events: (slots,) how many each has had.
        window: (slots,) the number of its first window that is not judged.
        first_line: (slots,) the number of its first line.
    """

    def __init__(self) -> None:
        self.is_open = np.zeros(0, dtype=bool)
        self.latest_ms = np.zeros(0, dtype=np.int64)
        self.events = np.zeros(0, dtype=np.int64)
        self.window = np.zeros(0, dtype=np.int64)
        self.first_line = np.zeros(0, dtype=np.int64)
        self._entity: list[str] = []
        self._slot: dict[str, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._entity) - len(self._free)

    def slots(self, entities: Sequence[str]) -> NDArray[np.int64]:
        """(entities,) the slot of each one's session; -1 where none is open."""
        find = self._slot.get
        return np.array([find(entity, -1) for entity in entities], dtype=np.int64)

    def entities(self, slots: NDArray[np.int64]) -> list[str]:
        """The entity of each session."""
        return [self._entity[slot] for slot in slots.tolist()]

    def begin(self, entities: Sequence[str], first_line: NDArray[np.int64]) -> NDArray[np.int64]:
        """(entities,) slots of new sessions; the last one of an entity is found by it from now on."""
        missing = len(entities) - len(self._free)
        if missing > 0:
            self._grow(max(missing, len(self._entity)))
        slots = [self._free.pop() for _ in entities]
        for slot, entity in zip(slots, entities, strict=True):
            self._entity[slot] = entity
        self._slot.update(zip(entities, slots, strict=True))
        taken = np.array(slots, dtype=np.int64)
        self.is_open[taken] = True
        self.events[taken] = self.window[taken] = 0
        self.first_line[taken] = first_line
        return taken

    def close(self, slots: NDArray[np.int64]) -> None:
        """Free the slots of sessions that have ended."""
        self.is_open[slots] = False
        for slot in slots.tolist():
            if self._slot.get(self._entity[slot]) == slot:
                del self._slot[self._entity[slot]]
            self._entity[slot] = ""
            self._free.append(slot)

    def _grow(self, more: int) -> None:
        size = len(self._entity)
        self.is_open = np.pad(self.is_open, (0, more))
        for name in _COLUMNS:
            setattr(self, name, np.pad(getattr(self, name), (0, more)))
        self._entity += [""] * more
        self._free += range(size + more - 1, size - 1, -1)

    def state(self) -> dict[str, Any]:
        """What another one goes on with, as JSON."""
        slots = np.flatnonzero(self.is_open)
        return {
            "slots": slots.tolist(),
            "entities": self.entities(slots),
            **{name: getattr(self, name)[slots].tolist() for name in _COLUMNS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another one was, with the same slots."""
        size = max(state["slots"], default=-1) + 1
        self._grow(size)
        slots = np.array(state["slots"], dtype=np.int64)
        self.is_open[slots] = True
        for name in _COLUMNS:
            getattr(self, name)[slots] = state[name]
        for slot, entity in zip(state["slots"], state["entities"], strict=True):
            self._entity[slot] = entity
            self._slot[entity] = slot
        taken = set(state["slots"])
        self._free = [slot for slot in self._free if slot not in taken]
