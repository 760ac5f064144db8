"""Histories of one template: the events of an event's template that stand before it in its sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["TemplateHistories"]


class TemplateHistories:
    """Finds them for events of sequences, those that state carries over from included."""

    def __init__(self, sequences: SequenceSet, length: int) -> None:
        """Histories of up to `length` events."""
        self._sequences = sequences
        self._length = length
        self._origin = sequences.start if sequences.origin is None else sequences.origin
        self._template = sequences.dataset.template[sequences.order]
        self._by_template = np.argsort(self._template, kind="stable")
        self._nth = np.empty_like(self._by_template)
        self._nth[self._by_template] = np.arange(len(self._nth))

    def of(self, events: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the events of the same template stand.

        Args:
            events: Indices of events, which are counted sequence by sequence.

        Returns:
            (events, length + 1) places in `order`, the event's own last, -1 for none; and (events,) the
            first place that belongs to its sequence.
        """
        sequences = self._sequences
        owner = np.searchsorted(sequences.offsets, events, side="right") - 1
        place = sequences.start[owner] + events - sequences.offsets[owner]
        origin = self._origin[owner]
        nth = self._nth[place][:, None] + np.arange(-self._length, 1)
        before = self._by_template[np.maximum(nth, 0)]
        same = self._template[before] == self._template[place][:, None]
        there = (nth >= 0) & same & (before >= origin[:, None])
        return np.where(there, before, -1), origin
