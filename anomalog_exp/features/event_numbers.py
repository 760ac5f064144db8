"""What events say in numbers: those in their messages, and the time since the event before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.data.parameters import Parameters
from anomalog_exp.features.intervals import last_timed
from anomalog_exp.features.message_values import code_in
from anomalog_exp.features.numbers import numbers
from anomalog_exp.features.quantities import OF_TIMES, Numbers, Quantities, time_key
from anomalog_exp.features.template_histories import TemplateHistories
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["EventNumbers"]


class EventNumbers:
    """Reads the numbers of events of sequences, which are counted sequence by sequence.

    Attributes:
        units: Those in messages, in the order of their codes.
    """

    def __init__(self, parameters: Parameters, sequences: SequenceSet, history: int) -> None:
        """Look at all texts of the data set once.

        Args:
            parameters: Of the data set.
            sequences: Whose events.
            history: Events of the same template that `windows` lays out before each.
        """
        self._parameters = parameters
        self._order, self._template = sequences.order, sequences.dataset.template
        self._histories = TemplateHistories(sequences, history)
        self._time = sequences.dataset.time_ms[sequences.order]
        self._last = last_timed(self._time)
        self._value, units = numbers(parameters.texts)
        self.units: list[str] = units.unique().sort().to_list()
        self._unit = code_in(self.units, units)

    def of(self, events: NDArray[np.int64]) -> Numbers:
        """The numbers of some events."""
        places, origin = self._histories.of(events)
        found = self._at(places[:, -1])
        inside = self._last[places[found.event, -1]] >= origin[found.event]
        return found.chosen(inside | (found.unit != OF_TIMES))

    def windows(self, quantities: Quantities, events: NDArray[np.int64]) -> NDArray[np.float32]:
        """(events, history + 1, slots) normalised, events of one template one after the other.

        The event itself is the last one. NaN where there is no number.
        """
        places, origin = self._histories.of(events)
        there = places >= 0
        used, which = np.unique(places[there], return_inverse=True)
        found = self._at(used)
        quantity = quantities.find(found, self.units)
        found, quantity = found.chosen(quantity >= 0), quantity[quantity >= 0]
        vectors = np.full((len(used), quantities.slots), np.nan, dtype=np.float32)
        normalised = quantities.normalised(quantity, found.value)
        vectors[found.event, quantities.slot[quantity]] = normalised
        laid_out = np.full((*places.shape, quantities.slots), np.nan, dtype=np.float32)
        laid_out[there] = vectors[which]
        # The first event of a sequence has one before it in the order, which is none of its own.
        laid_out[..., 0][self._last[places] < origin[:, None]] = np.nan
        return laid_out

    def _at(self, places: NDArray[np.int64]) -> Numbers:
        """The numbers of the events at places in the order, times since whatever event before."""
        row, place, code = self._parameters.of(self._order[places])
        number = np.flatnonzero(~np.isnan(self._value[code]))
        timed = np.flatnonzero((self._time[places] != NO_TIME) & (self._last[places] >= 0))
        there = places[timed]
        elapsed = np.maximum(self._time[there] - self._time[self._last[there]], 0)
        return Numbers(
            np.concatenate((row[number], timed)),
            np.concatenate((place[number], time_key(self._template[self._order[there]]))),
            np.concatenate((self._unit[code[number]], np.full(len(there), OF_TIMES))),
            np.concatenate((self._value[code[number]], elapsed.astype(np.float64))),
        )
