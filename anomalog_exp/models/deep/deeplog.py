"""DeepLog: an LSTM predicts each event from those before it; what it did not expect is anomalous.

Source: Du, Li, Zheng, Srikumar, "DeepLog: Anomaly Detection and Diagnosis from System Logs through
Deep Learning", CCS 2017. Two LSTM layers of 64 units read the last 10 events as one-hot vectors, and a
linear layer on the last state gives the odds of what comes next. Score: the highest rank of an event
among what was expected in its place, counted from 0. Equal histories are learned and predicted once.

With `values`, a second LSTM predicts the numbers in an event's message, and the time since the event
before, from earlier events of its template; see `detection/networks/value_predictor.py`. It is asked
where the event itself is expected. One with other numbers than expected scores between `top_g` - 1 and
`top_g`: above everything expected, below every event that is not, and more for a larger error.

Deviations: a small share of what is expected goes to all events alike (`label_smoothing`). A window that
happened n times weighs the root of n in training (`window_weights`). The end of a session is predicted
where sessions are whole (`end_of_session`). Of more than
256 templates each has a vector of `units` numbers that is learned, instead of a one-hot vector. The
first public code feeds the number of an event instead. Workflow models and learning from an operator's
feedback are left out. One network predicts the numbers of all templates. They are on a logarithmic scale
before they are normalised: sizes and times spread over orders of magnitude.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import Parameters
from anomalog_exp.detection.networks.next_event_detector import NextEventDetector
from anomalog_exp.detection.networks.value_predictor import (
    Asked,
    Surprises,
    ValueConfig,
    ValuePredictor,
    value_layers,
)
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.event_numbers import EventNumbers
from anomalog_exp.features.message_values import parameters_of, place_name
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Config", "DeepLogDetector", "DeepLogWithValues"]

_LEAST_EXCESS, _MOST_EXCESS = 1e-6, 1e6
"""What keeps scores of unexpected numbers apart from those of events, whatever is rounded."""


class Config(ValueConfig):
    """Options of DeepLog."""

    name: Literal["deeplog"]

    @property
    def reads_parameters(self) -> bool:
        return self.values

    def build_detector(self) -> DeepLogDetector:
        return DeepLogWithValues(self) if self.values else DeepLogDetector(self)


class DeepLogDetector(NextEventDetector):
    """Scores sequences by their least expected event."""

    config: Config

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        width, layers = self.input_layers(config.units)
        return nn.ModuleDict(
            {
                **layers,
                "lstm": nn.LSTM(width, config.units, config.layers, batch_first=True),
                "out": nn.Linear(config.units, self.outputs),
            }
        )

    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        states, _ = network["lstm"](self.inputs(network, histories))
        logits: torch.Tensor = network["out"](states[:, -1])
        return logits


class DeepLogWithValues(DeepLogDetector):
    """Scores what expected events say, too."""

    _values: ValuePredictor

    def refuse_other_weights(self) -> None:
        super().refuse_other_weights()
        learned = self._values
        self.refuse_misfits(lambda: value_layers(learned.quantities, self.config), learned.weights)

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train)
        held_back = None
        if valid is not None and (held := valid.normal()).may_train.any():
            held_back = self._asked(held, held.may_train)
        # First, as it may turn out to be impossible.
        with self.computing() as device:
            self._values = ValuePredictor.fitted(
                self.config,
                self._asked(normal, normal.may_train),
                held_back,
                self._parameters(train).first_place,
                device,
                self.progress,
            )
        super().fit(train, valid)

    def _parameters(self, sequences: SequenceSet) -> Parameters:
        return parameters_of(f"{self.name} with values=true", sequences.dataset)

    def _asked(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> Asked:
        """Events whose numbers are read."""
        numbers = EventNumbers(self._parameters(sequences), sequences, self.config.history)
        return Asked(numbers, np.flatnonzero(chosen), sequences.templates[chosen])

    def _surprises(self, sequences: SequenceSet) -> Surprises:
        """Expected events that say something else."""
        return self.once(self._newly_surprised, sequences)

    def _newly_surprised(self, sequences: SequenceSet) -> Surprises:
        ranks = self._ranked(sequences)
        expected = ranks.judged & (self._scores(ranks.rank) <= self.own_threshold)
        with self.computing() as device:
            return self._values.surprises(self.config, self._asked(sequences, expected), device)

    def _between(self, excess: NDArray[np.float64]) -> NDArray[np.float64]:
        """(surprises,) scores between those of expected events and those of others."""
        excess = np.clip(excess, _LEAST_EXCESS, _MOST_EXCESS)
        return self.own_threshold + excess / (1 + excess)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = super().score_events(sequences)
        found = self._surprises(sequences)
        scores[found.event] = self._between(found.excess)
        return scores

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        values = np.zeros(int(sequences.offsets[-1]))
        found = self._surprises(sequences)
        values[found.event] = self._between(found.excess)
        return np.maximum(super().score(sequences), segment_maxima(values, sequences.offsets))

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """Events and numbers that were not expected, and what was expected in their places."""
        explained = super().explain(sequences, top)
        found = self._surprises(sequences)
        scores = self._between(found.excess)
        borders = np.searchsorted(found.event, sequences.offsets)
        for one, (begin, end) in enumerate(pairwise(borders.tolist())):
            ranked = begin + np.argsort(-scores[begin:end], kind="stable")[:top]
            words = [(self._words(found, i, sequences), float(scores[i])) for i in ranked.tolist()]
            both = [*words, *explained[one]]
            explained[one] = sorted(both, key=lambda pair: -pair[1])[:top]
        return explained

    def _words(self, found: Surprises, one: int, sequences: SequenceSet) -> str:
        """What was not expected of an event, and what was."""
        quantities = self._values.quantities
        quantity = int(found.quantity[one])
        value, expected = float(found.value[one]), float(found.expected[one])
        if quantities.key[quantity] < 0:
            name = sequences.dataset.templates[sequences.templates[found.event[one]]]
            return (
                f"{name} after {value / 1000:g} s where about {expected / 1000:.3g} s was expected"
            )
        where = place_name(sequences.dataset, [int(quantities.key[quantity])])
        unit = quantities.unit[quantity]
        return f"{where}: {value:.15g}{unit} where about {expected:.3g}{unit} was expected"

    def manifest(self) -> dict[str, Any]:
        """The same of the half that predicts numbers, as `values`."""
        learned = self._values
        values = {
            "weights": sum(value.size for value in learned.weights.values()),
            "quantities": len(learned.quantities.key),
            "judged_templates": int(np.isfinite(learned.limit).sum()),
            **learned.curve.to_json(),
        }
        return {**super().manifest(), "values": values}
