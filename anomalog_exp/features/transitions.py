"""Transitions of order k: each event with the k before it, as one integer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Transitions", "symbols_of", "transitions"]


@dataclass(frozen=True, eq=False)
class Transitions:
    """Transitions of a SequenceSet, sequence by sequence.

    Symbols are template codes, and after them two more: the end and the start of a sequence. A sequence
    of n events has n + 1 transitions, the last one into its end. Where state carries over from before a
    sequence, contexts reach back to where it comes from, and no end is written: the sequence is a part.

    Attributes:
        keys: (transitions,) int64; `keys // symbols` names the context, `keys % symbols` what follows.
        offsets: (sequences + 1,) int64 borders of the sequences in `keys`.
        into_event: (transitions,) bool, the others lead into an end; those into events stand in the
            order of the events.
        history: (transitions,) int64 events of the context that are there, up to the order.
        symbols: How many symbols there are.
    """

    keys: NDArray[np.int64]
    offsets: NDArray[np.int64]
    into_event: NDArray[np.bool_]
    history: NDArray[np.int64]
    symbols: int


def symbols_of(sequences: SequenceSet) -> int:
    """How many symbols sequences of this data set are made of."""
    return len(sequences.dataset.templates) + 2


def transitions(sequences: SequenceSet, order: int) -> Transitions:
    """All transitions of the given order.

    Raises:
        ConfigError: contexts of this order cannot be told apart in 63 bits for so many templates.
    """
    symbols = symbols_of(sequences)
    end, start = symbols - 2, symbols - 1
    longest = int(63 / np.log2(symbols)) - 1
    if order > longest:
        raise ConfigError.of(
            "model.order",
            order,
            problem=f"{end:,} templates have too many contexts of this length",
            allowed=f"1 to {longest} for this data set",
            fix="lower model.order",
        )
    closed = sequences.origin is None
    lengths = sequences.lengths + closed
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    into_event = np.ones(offsets[-1], dtype=bool)
    if closed:
        into_event[offsets[1:] - 1] = False
    symbol = np.full(offsets[-1], end, dtype=np.int64)
    symbol[into_event] = sequences.templates

    keys = np.zeros(offsets[-1], dtype=np.int64)
    history = np.full(offsets[-1], order, dtype=np.int64)
    for lag in range(order, 0, -1):
        # What stands `lag` places before is the context, but for the first `lag` of a sequence.
        before = np.full(offsets[-1], start, dtype=np.int64)
        before[lag:] = symbol[:-lag]
        for nth in range(lag):
            longer = np.flatnonzero(lengths > nth)
            place = offsets[longer] + nth
            before[place], reach = _carried(sequences.take(longer), nth, lag, start)
            history[place] = np.minimum(reach, history[place])
        keys *= symbols
        keys += before
    keys *= symbols
    keys += symbol
    return Transitions(keys, offsets, into_event, history, symbols)


def _carried(
    sequences: SequenceSet, nth: int, lag: int, start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What stands `lag` places before the `nth` event of each sequence, and how many events do.

    Only events are there that state carries over from; before them is the start symbol.
    """
    carried = 0 if sequences.origin is None else sequences.start - sequences.origin
    reach = np.full(len(sequences), nth) + carried
    there = reach >= lag
    before = np.full(len(sequences), start, dtype=np.int64)
    rows = sequences.order[sequences.start[there] + nth - lag]
    before[there] = sequences.dataset.template[rows]
    return before, reach
