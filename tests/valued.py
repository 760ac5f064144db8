"""Sequences of events with values, written one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.logs import Row, log_dataset

Event = tuple[str, Sequence[str | None]]
"""The letter of a template, and the values of its message: one for `a`, two for `b`, and so on."""

LETTERS = {"a": "a <*>", "b": "b <*> <*>", "c": "c <*> <*> <*>", "n": "n"}


def valued_set(
    train: Sequence[Sequence[Event]],
    test: Sequence[Sequence[Event]],
    labels: Sequence[int] = (),
) -> SequenceSet:
    """Sequences that train, and after them those that are tested; those that train are normal."""
    both = [*train, *test]
    rows: list[Row] = [
        (f"s{i}", LETTERS[letter], 1000 * i, -1) for i, one in enumerate(both) for letter, _ in one
    ]
    borders = np.cumsum([0, *map(len, both)], dtype=np.int64)
    return SequenceSet(
        dataset=log_dataset(
            rows,
            templates=list(LETTERS.values()),
            values=[values for one in both for _, values in one],
        ),
        order=np.arange(len(rows), dtype=np.int64),
        start=borders[:-1],
        stop=borders[1:],
        label=np.array([*(labels or [0] * len(train)), *[-1] * len(test)], dtype=np.int8),
        split=np.array([Split.TRAIN] * len(train) + [Split.TEST] * len(test), dtype=np.uint8),
        entity=np.arange(len(both), dtype=np.int32),
    )
