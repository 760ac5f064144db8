"""Transitions of order k: each event with the k before it, as one integer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Transitions", "transitions"]


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


def transitions(sequences: SequenceSet, order: int) -> Transitions:
    """All transitions of the given order.

    Raises:
        ConfigError: contexts of this order cannot be told apart in 63 bits for so many templates.
    """
    kinds = len(sequences.dataset.templates)
    end, start, symbols = kinds, kinds + 1, kinds + 2
    longest = int(63 / np.log2(symbols)) - 1
    if order > longest:
        raise ConfigError.of(
            "model.order",
            order,
            problem=f"{kinds:,} templates have too many contexts of this length",
            allowed=f"1 to {longest} for this data set",
            fix="lower model.order",
        )
    closed = sequences.origin is None
    lengths = sequences.lengths + closed
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    into_event = nth < np.repeat(sequences.lengths, lengths)
    symbol = np.full(offsets[-1], end, dtype=np.int64)
    symbol[into_event] = sequences.templates
    # Places in `order`, where what came before a sequence stands before it.
    origin = sequences.start if sequences.origin is None else sequences.origin
    history = nth + np.repeat(sequences.start - origin, lengths)
    place = nth + np.repeat(sequences.start, lengths)

    keys = np.zeros(offsets[-1], dtype=np.int64)
    template = sequences.dataset.template
    for lag in range(order, 0, -1):
        before = np.full(offsets[-1], start, dtype=np.int64)
        there = history >= lag
        before[there] = template[sequences.order[place[there] - lag]]
        keys = keys * symbols + before
    history = np.minimum(history, order)
    return Transitions(keys * symbols + symbol, offsets, into_event, history, symbols)
