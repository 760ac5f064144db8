"""Sessions of entities: complete when none of their events came for a while, or by windows of events.

How long is measured by the clock of the log, event by event, so that the same log makes the same
sessions however its bytes arrive. Too many events that wait are a danger: then the sessions that were
idle the longest are judged as they are, and before them one that alone holds half of the events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.following.complete import CONTEXT, Complete
from anomalog_exp.following.incoming import Batch
from anomalog_exp.following.open_sequences import OpenSequences
from anomalog_exp.following.session_table import SessionTable
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Sessions"]

_KEPT: Final = 0.9
"""Share of the most events that wait that is left when there were too many."""


class Sessions(OpenSequences):
    """The sessions that are open, and their rows.

    `held` has two columns more: the `slot` of a row's session, and `nth`, its place in the session.
    """

    def __init__(
        self, shown: NDArray[np.int64], config: EntitySequenceConfig, idle_ms: int, most: int
    ) -> None:
        """Args:
        shown: As for others.
        config: Windows of sessions, or none.
        idle_ms: A session without an event for longer has ended.
        most: So many events of open sessions are held.
        """
        super().__init__(shown)
        self._size = config.window_size
        self._step = config.step or config.window_size or 1
        self._carries = config.continuous_context
        self._idle, self._most = idle_ms, most
        self._table = SessionTable()

    @property
    def size(self) -> int:
        return len(self._table)

    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        import polars as pl

        belongs = np.flatnonzero(batch.entity >= 0)
        self.counts["rows_without_entity"] += len(batch.rows) - len(belongs)
        if len(belongs):
            # A time that stands alone does not move the clock, but may end the session of its event.
            at = np.maximum(clock, batch.rows["time_ms"].to_numpy())[belongs]
            slot, nth = self._owners(batch, belongs, at)
            rows = batch.rows if len(belongs) == len(batch.rows) else batch.rows[belongs]
            self.hold(rows.with_columns(pl.Series("slot", slot), pl.Series("nth", nth)))
        return self._taken_out(self._idle_since(int(clock[-1])) if len(clock) else None)

    def _owners(
        self, batch: Batch, belongs: NDArray[np.int64], at: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows,) the slot of each row's session, which may be a new one, and its place in there.

        Args:
            batch: The rows.
            belongs: (rows,) those that belong to an entity.
            at: (rows,) when each of them was.
        """
        table, code = self._table, batch.entity[belongs]
        order = np.argsort(code, kind="stable")
        code, at = code[order], at[order]
        first = np.append(True, code[1:] != code[:-1])
        texts = batch.entities(code[first])
        entities = [text for text in texts if text is not None]
        open_slot = table.slots(entities)
        known = open_slot >= 0
        # A run is what one session has of these rows; a new one begins behind a gap.
        before = np.append(at[0], at[:-1])
        latest = at[first]
        latest[known] = table.latest_ms[open_slot[known]]
        before[first] = latest
        gap = at - before > self._idle
        begins = gap.copy()
        begins[first] |= ~known
        run_first = np.flatnonzero(first | gap)
        entity = (np.cumsum(first) - 1)[run_first]
        slot = open_slot[entity]
        new = begins[run_first]
        line = batch.rows["line"].to_numpy()[belongs][order]
        slot[new] = table.begin([entities[i] for i in entity[new].tolist()], line[run_first[new]])
        count = np.diff(np.append(run_first, len(code)))
        so_far = table.events[slot]
        nth = np.arange(len(code)) - np.repeat(run_first - so_far, count)
        table.events[slot] = so_far + count
        table.latest_ms[slot] = at[run_first + count - 1]
        owner, place = np.empty(len(code), dtype=np.int64), np.empty(len(code), dtype=np.int64)
        owner[order], place[order] = np.repeat(slot, count), nth
        return owner, place

    def _idle_since(self, clock_ms: int) -> NDArray[np.bool_]:
        """(slots,) the sessions that have ended when the clock shows this."""
        return self._table.is_open & (self._table.latest_ms < clock_ms - self._idle)

    def passed(self, clock_ms: int) -> Complete | None:
        return self._taken_out(self._idle_since(clock_ms))

    def end(self) -> Complete | None:
        return self._taken_out(self._table.is_open.copy())

    def _taken_out(self, ended: NDArray[np.bool_] | None) -> Complete | None:
        """The sequences that are complete; the rows that no other one needs are let go of."""
        table = self._table
        ended = np.zeros(len(table.events), dtype=bool) if ended is None else ended
        excess = len(self.held) - self._most
        if excess > 0:
            self._end_early(ended)
        every = np.arange(len(ended))
        ready = ended | (table.is_open & (self._windows_by_now(every, ended) > table.window))
        slots = np.flatnonzero(ready)
        if not len(slots):
            return None
        # In the order in which they ended, whatever rows came at once.
        slots = slots[np.lexsort((table.first_line[slots], table.latest_ms[slots]))]
        complete = self._complete(slots, ended)
        self._let_go(slots, ended)
        return complete

    def _complete(self, slots: NDArray[np.int64], ended: NDArray[np.bool_]) -> Complete:
        table, held_slot = self._table, self.held["slot"].to_numpy()
        rank = np.full(len(table.events), -1, dtype=np.int64)
        rank[slots] = np.arange(len(slots))
        chosen = np.flatnonzero(rank[held_slot] >= 0)
        chosen = chosen[np.argsort(rank[held_slot[chosen]], kind="stable")]
        rows = self.held[chosen]
        count = np.bincount(rank[held_slot[chosen]], minlength=len(slots))
        base = np.cumsum(count) - count
        entity: list[str | None] = [*table.entities(slots)]
        if self._size is None:
            return Complete(rows, base, base + count, EvaluationUnit.SEQUENCE, entity)
        length = table.events[slots]
        due = self._windows_by_now(slots, ended) - table.window[slots]
        session = np.repeat(np.arange(len(slots)), due)
        nth = np.arange(len(session)) - np.repeat(np.cumsum(due) - due, due)
        begin = (table.window[slots][session] + nth) * self._step
        end = np.minimum(begin + self._size, length[session])
        table.window[slots] += due
        first_nth = length - count  # what is held of a session goes on to its latest row
        shift = (base - first_nth)[session]
        return Complete(
            rows,
            begin + shift,
            end + shift,
            EvaluationUnit.WINDOW,
            [entity[i] for i in session.tolist()],
            origin=base[session] if self._carries else None,
        )

    def _windows_by_now(
        self, slots: NDArray[np.int64], ended: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """(slots,) how many windows of each session are complete, those judged before among them.

        The last one of a session may be shorter; see `window_starts`.
        """
        if self._size is None:
            return np.zeros(len(slots), dtype=np.int64)
        length = self._table.events[slots]
        full = np.maximum((length - self._size) // self._step + 1, 0)
        covered = np.where(full > 0, (full - 1) * self._step + self._size, 0)
        return full + (ended[slots] & (covered < length))

    def _let_go(self, slots: NDArray[np.int64], ended: NDArray[np.bool_]) -> None:
        table = self._table
        slot, nth = self.held["slot"].to_numpy(), self.held["nth"].to_numpy()
        kept = ~ended[slot]
        if self._size is not None:
            kept &= nth >= table.window[slot] * self._step - (CONTEXT if self._carries else 0)
        self.keep(kept)
        table.close(slots[ended[slots]])

    def _end_early(self, ended: NDArray[np.bool_]) -> None:
        """Mark more sessions as ended until few enough events are left."""
        table = self._table
        held = np.bincount(self.held["slot"].to_numpy(), minlength=len(table.events))
        held[ended] = 0
        order = np.lexsort((table.latest_ms, held <= self._most // 2))
        order = order[held[order] > 0]
        left = held.sum() - np.cumsum(held[order])
        many = int(np.searchsorted(-left, -_KEPT * self._most)) + 1
        if held.sum() > self._most:
            ended[order[:many]] = True
            self.counts["sessions_cut"] += many

    def state(self) -> dict[str, Any]:
        return self._table.state()

    def restore(self, state: dict[str, Any], held: pl.DataFrame) -> None:
        super().restore(state, held)
        self._table.restore(state)
