"""DeepLog's second half: what an event says in numbers, predicted from earlier events of its template.

Source: Du, Li, Zheng, Srikumar, CCS 2017, section 3.3. An LSTM reads the vectors of the last events of
one template in the sequence, and predicts that of the next. The mean squared errors on events held back
from training are taken as Gaussian, template by template: an event whose error is above their interval
is anomalous.

One network is told the template by an embedding, where the paper has a network for each. A vector lacks
what an event does not say, and its error is that of the rest. Events are drawn for training such that
rare templates have as many as frequent ones, as far as they have them. Templates of which fewer than 30
events were held back take no part. An error below 0.01, a tenth of a deviation, is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.forms import Weights
from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.detection.networks.network_detector import weights_of
from anomalog_exp.detection.networks.next_event_options import NextEventConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.event_numbers import EventNumbers
from anomalog_exp.features.quantities import Quantities
from anomalog_exp.options.base import Count
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["Asked", "Surprises", "ValueConfig", "ValuePredictor", "value_layers"]

_EMBEDDING: Final = 16
_FEWEST_ERRORS: Final = 30
_LEAST_ERROR: Final = 0.01
_EVENTS_AT_ONCE: Final = 1 << 14


class ValueConfig(NextEventConfig):
    """Options of detectors with such a half."""

    layers: Count = Field(description="of the LSTM")
    units: Count = Field(description="of each layer")
    values: bool = Field(description="predict numbers in messages and times, too")
    value_interval: float = Field(gt=0, lt=1, description="share of errors that is usual")
    value_epochs: Count = Field(description="passes over the events that train on values, at most")
    value_events: Count = Field(description="events that train on values, at most")


@dataclass(frozen=True, eq=False)
class Asked:
    """Events that a predictor is asked about, and where their numbers are read.

    Attributes:
        numbers: Of their sequences.
        events: (events,) int64, counted sequence by sequence.
        template: (events,) integer code of each.
    """

    numbers: EventNumbers
    events: NDArray[np.int64]
    template: NDArray[np.integer]

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Asked:
        """Some of them."""
        return Asked(self.numbers, self.events[which], self.template[which])

    def sample(self, most: int, random: np.random.Generator) -> Asked:
        """At most so many, of each template equally many as far as there are; in their order."""
        if len(self.events) <= most:
            return self
        order = random.permutation(len(self.events))
        order = order[np.argsort(self.template[order], kind="stable")]
        _, group, count = np.unique(self.template, return_inverse=True, return_counts=True)
        nth = np.arange(len(order)) - (np.cumsum(count) - count)[group[order]]
        # The first of every template, then the second of every one that has two, and so on.
        return self.chosen(np.sort(order[np.argsort(nth, kind="stable")[:most]]))


class Surprises(NamedTuple):
    """Events whose numbers were not as expected.

    Attributes:
        event: (surprises,) int64, counted sequence by sequence.
        excess: (surprises,) float64 above 0: by what share of it the error is above the interval.
        quantity: (surprises,) int64 which was farthest from what was expected.
        value: (surprises,) float64 that stands there; times are in milliseconds.
        expected: (surprises,) float64.
    """

    event: NDArray[np.int64]
    excess: NDArray[np.float64]
    quantity: NDArray[np.int64]
    value: NDArray[np.float64]
    expected: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ValuePredictor:
    """What was learned of numbers.

    Attributes:
        quantities: Which numbers there are.
        limit: (templates,) float64 end of the interval of errors; infinite where too few were known.
        weights: Of the network.
        curve: How the network learned.
    """

    quantities: Quantities
    limit: Annotated[NDArray[np.float64], "templates"]
    weights: Weights
    curve: LearningCurve

    def __post_init__(self) -> None:
        """Raises:
        ValueError: no training made this.
        """
        if len(self.limit) != len(self.quantities.template) or not (self.limit > 0).all():
            raise ValueError("intervals of errors that no training has made")

    @classmethod
    def fitted(
        cls,
        config: ValueConfig,
        train: Asked,
        valid: Asked | None,
        first_place: NDArray[np.int64],
        device: torch.device,
        progress: Progress,
    ) -> Self:
        """Learn from the events of normal sequences.

        Args:
            config: The options.
            train: What trains.
            valid: What is held back; None: the last tenth of what trains is.
            first_place: (templates + 1,) of each template.
            device: To compute on.
            progress: Told of each epoch.

        Raises:
            NotApplicable: there are no numbers, or too few events with some.
            ConfigError: the loss is no number any more.
        """
        from anomalog_exp.detection.networks.training_loop import train as trained

        if valid is None:
            border = len(train.events) - -(-len(train.events) // 10)
            train, valid = train.chosen(slice(border)), train.chosen(slice(border, None))
        random = np.random.default_rng(config.seed)
        train, valid = (part.sample(config.value_events, random) for part in (train, valid))
        found = train.numbers.of(train.events)
        quantities = Quantities.of(found, train.numbers.units, train.template, first_place)
        if quantities is None:
            raise NotApplicable(
                f"{config.name} needs places in train that nearly always hold numbers, or times of "
                "events, for model.values=true (there are none)"
            )
        learned, held_back = (_Items.of(quantities, part) for part in (train, valid))
        enough = np.bincount(held_back.owner, minlength=len(quantities.template)) >= _FEWEST_ERRORS
        if not enough.any():
            raise NotApplicable(
                f"{config.name} needs {_FEWEST_ERRORS} events of a template with numbers or times for "
                "validation, for model.values=true (without split.validation_fraction it takes a tenth "
                "of those in train)"
            )
        network = value_layers(quantities, config).to(device)
        options = config.model_copy(update={"epochs": config.value_epochs})
        task, checked = (_task(network, items, device) for items in (learned, held_back))
        curve = trained(network, task, checked, options, progress)
        predicted = _predicted(network, held_back, device)
        limit = _limits(held_back, predicted, enough, config.value_interval)
        return cls(quantities, limit, weights_of(network), curve)

    def network(self, config: ValueConfig, device: torch.device) -> nn.ModuleDict:
        """The network as it was trained."""
        import torch

        network = value_layers(self.quantities, config)
        network.load_state_dict(
            {name: torch.from_numpy(value) for name, value in self.weights.items()}
        )
        return network.to(device).eval()

    def surprises(self, config: ValueConfig, asked: Asked, device: torch.device) -> Surprises:
        """The events whose error is above the interval of their template."""
        network = self.network(config, device)
        judged = np.append(np.isfinite(self.limit), False)
        asked = asked.chosen(judged[self.quantities.numbered(asked.template)])
        none = np.empty(0, dtype=np.int64)
        parts = [Surprises(none, np.empty(0), none, np.empty(0), np.empty(0))]
        for start in range(0, len(asked.events), _EVENTS_AT_ONCE):
            part = asked.chosen(slice(start, start + _EVENTS_AT_ONCE))
            items = _Items.of(self.quantities, part)
            parts.append(self._above(items, _predicted(network, items, device), part.numbers))
        return Surprises(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _above(
        self, items: _Items, predicted: NDArray[np.float32], numbers: EventNumbers
    ) -> Surprises:
        """Those items whose error is above the interval."""
        square = items.squares(predicted)
        error, limit = _mean_of(square), self.limit[items.owner]
        above = error > limit
        slot = np.nan_to_num(square[above], nan=-1.0).argmax(axis=1)
        quantity = self.quantities.by_slot[items.owner[above], slot]
        expected = self.quantities.plain(quantity, predicted[above, slot].astype(np.float64))
        found = numbers.of(items.events[above])
        own = self.quantities.find(found, numbers.units) == quantity[found.event]
        value = np.empty(len(quantity))
        value[found.event[own]] = found.value[own]
        excess = error[above] / limit[above] - 1
        return Surprises(items.events[above], excess, quantity, value, expected)


@dataclass(frozen=True, eq=False)
class _Items:
    """Events that say something in numbers.

    Attributes:
        events: (items,) int64, counted sequence by sequence.
        owner: (items,) int64 number of the template among those that have quantities.
        windows: (items, history + 1, slots) float32, see `EventNumbers.windows`.
    """

    events: NDArray[np.int64]
    owner: NDArray[np.int64]
    windows: NDArray[np.float32]

    @classmethod
    def of(cls, quantities: Quantities, asked: Asked) -> Self:
        """Those of the asked events that have a number."""
        owner = quantities.numbered(asked.template)
        events, owner = asked.events[owner >= 0], owner[owner >= 0]
        windows = asked.numbers.windows(quantities, events)
        say = ~np.isnan(windows[:, -1]).all(axis=1)
        return cls(events[say], owner[say], windows[say])

    def squares(self, predicted: NDArray[np.float32]) -> NDArray[np.float64]:
        """(items, slots) squares of what predictions are off by, NaN where there is no number."""
        return (predicted.astype(np.float64) - self.windows[:, -1]) ** 2


def value_layers(quantities: Quantities, config: ValueConfig) -> nn.ModuleDict:
    """The layers of the network by name, before any training."""
    from torch import nn

    read = 2 * quantities.slots + _EMBEDDING
    return nn.ModuleDict(
        {
            "template": nn.Embedding(len(quantities.template), _EMBEDDING),
            "lstm": nn.LSTM(read, config.units, config.layers, batch_first=True),
            "out": nn.Linear(config.units, quantities.slots),
        }
    )


def _vectors(network: nn.ModuleDict, owner: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """(batch, slots) predicted of what stands before the last ones; those say nothing here."""
    import torch

    before = windows[:, :-1]
    told = network["template"](owner)[:, None].expand(-1, before.shape[1], -1)
    there = (~before.isnan()).to(before.dtype)
    states, _ = network["lstm"](torch.cat((before.nan_to_num(), there, told), dim=2))
    vectors: torch.Tensor = network["out"](states[:, -1])
    return vectors


def _task(network: nn.ModuleDict, items: _Items, device: torch.device) -> Task:
    """The mean squared error of the numbers that are there."""
    import torch

    from anomalog_exp.detection.networks.training_loop import Task

    owner = torch.from_numpy(items.owner).to(device)
    windows = torch.from_numpy(items.windows).to(device)

    def loss(index: torch.Tensor) -> torch.Tensor:
        chosen = windows[index]
        wanted = chosen[:, -1]
        there = ~wanted.isnan()
        square = (_vectors(network, owner[index], chosen) - wanted.nan_to_num()) ** 2
        return (square * there).sum(dim=1) / there.sum(dim=1)

    return Task(torch.ones(len(items.events), device=device), loss)


def _predicted(network: nn.ModuleDict, items: _Items, device: torch.device) -> NDArray[np.float32]:
    """(items, slots) the vectors that are expected."""
    import torch

    from anomalog_exp.detection.networks.reproducible import in_blocks

    owner = torch.from_numpy(items.owner).to(device)
    windows = torch.from_numpy(items.windows).to(device)
    found = np.empty((len(items.events), windows.shape[2]), dtype=np.float32)

    def outputs(index: torch.Tensor) -> torch.Tensor:
        return _vectors(network, owner[index], windows[index])

    for part, block in in_blocks(outputs, len(found), device):
        found[part] = block.cpu().numpy()
    return found


def _mean_of(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """(items,) mean of those that are there, of which each item has one."""
    there = ~np.isnan(square)
    return np.where(there, square, 0.0).sum(axis=1) / there.sum(axis=1)


def _limits(
    items: _Items, predicted: NDArray[np.float32], enough: NDArray[np.bool_], interval: float
) -> NDArray[np.float64]:
    """(templates,) end of the interval that holds this share of a Gaussian; infinite for too few."""
    error = _mean_of(items.squares(predicted))
    count = np.maximum(np.bincount(items.owner, minlength=len(enough)), 1)
    mean = np.bincount(items.owner, weights=error, minlength=len(enough)) / count
    square = np.bincount(
        items.owner, weights=(error - mean[items.owner]) ** 2, minlength=len(enough)
    )
    reach = NormalDist().inv_cdf((1 + interval) / 2)
    limit = np.maximum(mean + reach * np.sqrt(square / count), _LEAST_ERROR)
    return np.where(enough, limit, np.inf)
