"""Windows of events: each event with those before it, equal ones once.

Logs repeat themselves: the 46,575 windows of eleven events in a training file of HDFS are 4,092
different ones. What is learned of them is learned of the different ones with their numbers as weights,
and what is predicted is predicted once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.distinct import Runs, distinct_runs
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["EventWindows", "end_windows", "event_windows", "history_lengths", "runs_of_rows"]

_EVENTS_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class EventWindows:
    """Different windows, and which event has which.

    Attributes:
        symbols: (windows, length + 1) int32, the events of the history and then the event itself.
        count: (windows,) int64 events that have each.
        window: (events,) int64 the window of each event, sequence by sequence; -1 for those left out.
    """

    symbols: NDArray[np.int32]
    count: NDArray[np.int64]
    window: NDArray[np.int64]

    @property
    def history(self) -> NDArray[np.int32]:
        """(windows, length) what stands before the event."""
        return self.symbols[:, :-1]

    @property
    def event(self) -> NDArray[np.int32]:
        """(windows,) the event itself."""
        return self.symbols[:, -1]

    def and_others(self, others: Self) -> Self:
        """These windows, and others of which none is among these."""
        window = np.where(others.window < 0, -1, others.window + len(self.count))
        return type(self)(
            np.concatenate((self.symbols, others.symbols)),
            np.concatenate((self.count, others.count)),
            np.concatenate((self.window, window)),
        )


def history_lengths(sequences: SequenceSet) -> NDArray[np.int64]:
    """(events,) how many events stand before each, those that state carries over from included."""
    origin = sequences.start if sequences.origin is None else sequences.origin
    return _places(sequences) - np.repeat(origin, sequences.lengths)


def event_windows(
    sequences: SequenceSet,
    symbol: NDArray[np.int32],
    length: int,
    *,
    start: int,
    chosen: NDArray[np.bool_] | None = None,
) -> EventWindows:
    """The windows of events.

    Args:
        sequences: Whose events.
        symbol: (templates,) int32 what stands for each template, from 0 up.
        length: Events of history.
        start: The symbol that fills a history up from the left; `symbol` need not hold it.
        chosen: (events,) bool which events have a window; None for all of them.
    """
    kinds = max(int(symbol.max(initial=0)), start) + 1
    parts, groups = [], []
    before = 0
    for portion in sequences.portions(_EVENTS_AT_ONCE):
        events = int(portion.offsets[-1])
        kept = slice(before, before + events)
        before += events
        wanted = np.arange(events) if chosen is None else np.flatnonzero(chosen[kept])
        laid_out, window_start = _laid_out(portion, symbol, length, start)
        begin = window_start[wanted]
        found = distinct_runs(Runs(laid_out, begin, begin + length + 1, kinds))
        rows = laid_out[begin[found.first][:, None] + np.arange(length + 1)]
        group = np.full(events, -1, dtype=np.int64)
        group[wanted] = found.group
        parts.append((rows, found.count))
        groups.append(group)
    rows = np.concatenate([rows for rows, _ in parts])
    count = np.concatenate([count for _, count in parts])
    # What two portions share is one window.
    merged = distinct_runs(runs_of_rows(rows, kinds))
    borders = np.concatenate(([0], np.cumsum([len(rows) for rows, _ in parts])))
    window = [
        np.where(group < 0, -1, merged.group[np.maximum(group, 0) + border]) if len(rows) else group
        for group, border in zip(groups, borders, strict=False)
    ]
    counts = np.bincount(merged.group, weights=count, minlength=len(merged.first)).astype(np.int64)
    return EventWindows(rows[merged.first], counts, np.concatenate(window))


def end_windows(
    sequences: SequenceSet,
    symbol: NDArray[np.int32],
    length: int,
    *,
    start: int,
    chosen: NDArray[np.bool_],
) -> EventWindows:
    """The last events of sequences, and behind them the end: `start` stands in the event's place.

    Args:
        sequences: Whose ends.
        symbol: As for `event_windows`.
        length: Events of history.
        start: The symbol that fills a history up from the left, and that stands for the end.
        chosen: (sequences,) bool which have a window.

    Returns:
        Windows whose `window` has one entry for each sequence.
    """
    own = sequences.take(chosen)
    place = own.stop[:, None] - length + np.arange(length)
    origin = own.start if own.origin is None else own.origin
    there = place >= origin[:, None]
    rows = np.full((len(own), length + 1), start, dtype=np.int32)
    rows[:, :-1][there] = symbol[own.dataset.template[own.order[place[there]]]]
    found = distinct_runs(runs_of_rows(rows, max(int(symbol.max(initial=0)), start) + 1))
    window = np.full(len(chosen), -1, dtype=np.int64)
    window[chosen] = found.group
    return EventWindows(rows[found.first], found.count, window)


def _places(sequences: SequenceSet) -> NDArray[np.int64]:
    """(events,) the place of each in `order`."""
    begin = np.repeat(sequences.start - sequences.offsets[:-1], sequences.lengths)
    return begin + np.arange(sequences.offsets[-1])


def _laid_out(
    sequences: SequenceSet, symbol: NDArray[np.int32], length: int, start: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Symbols of all sequences, each behind `length` that stand before it, and where windows start."""
    sizes = sequences.lengths + length
    ends = np.cumsum(sizes)
    owner = np.repeat(np.arange(len(sequences)), sizes)
    nth = np.arange(int(sizes.sum())) - (ends - sizes)[owner]
    place = sequences.start[owner] + nth - length
    origin = sequences.start if sequences.origin is None else sequences.origin
    there = place >= origin[owner]
    laid_out = np.full(len(place), start, dtype=np.int32)
    laid_out[there] = symbol[sequences.dataset.template[sequences.order[place[there]]]]
    return laid_out, np.flatnonzero(nth >= length) - length


def runs_of_rows(rows: NDArray[np.int32], kinds: int) -> Runs:
    """The rows of a matrix as runs, to find out which are equal.

    Args:
        rows: (rows, width) int32 symbols.
        kinds: How many symbols there are.
    """
    start = np.arange(len(rows)) * rows.shape[1]
    return Runs(rows.ravel(), start, start + rows.shape[1], kinds)
