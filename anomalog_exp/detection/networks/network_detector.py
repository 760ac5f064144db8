"""The base of detectors that are networks: how one is built, trained, kept and asked."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.forms import Weights
from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import DataError
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["NetworkDetector", "weights_of"]

_LOG = logging.getLogger(__name__)

Made = TypeVar("Made")


class NetworkDetector(Detector):
    """Base of detectors that are networks.

    A subclass sets in `fit` what `layers` needs to know, as the number of symbols, and then calls
    `learn`.
    """

    tolerance: ClassVar[float] = 1e-5

    config: NetworkConfig
    _weights: Weights
    _curve: LearningCurve
    _items: int
    _items_learned: int

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self._network: nn.ModuleDict | None = None
        self._made: WeakKeyDictionary[SequenceSet, dict[str, Any]] = WeakKeyDictionary()

    @abstractmethod
    def layers(self) -> nn.ModuleDict:
        """The layers of the network by name, before any training."""

    @contextmanager
    def computing(self) -> Iterator[torch.device]:
        """Everything that computes with the network runs inside: the same numbers each time.

        Raises:
            ConfigError: there is no such device here.
        """
        from anomalog_exp.detection.networks.reproducible import device_of, reproducible

        device = device_of(self.config.device)
        with reproducible(self.config.seed, self.config.threads):
            yield device

    def learn(self, network: nn.ModuleDict, task: Task, valid: Task | None) -> None:
        """Train a network on as many items as the config allows, and keep its weights.

        Args:
            network: Of these layers.
            task: What it learns from.
            valid: What decides when to stop.

        Raises:
            ConfigError: the loss is no number any more.
        """
        from anomalog_exp.detection.networks.training_loop import train

        self._items = len(task.weight)
        task = task.of_at_most(self.config.max_items)
        valid = valid and valid.of_at_most(self.config.max_items)
        self._items_learned = len(task.weight)
        if self._items_learned < self._items:
            _LOG.info(
                "%s learns from %s of %s different items, drawn by the seed (model.max_items)",
                self.name,
                f"{self._items_learned:,}",
                f"{self._items:,}",
            )
        self._curve = train(network, task, valid, self.config, self.progress)
        self._weights = weights_of(network)
        self._made.clear()
        self._network = network.requires_grad_(False)

    def network(self, device: torch.device) -> nn.ModuleDict:
        """The network as it was trained; it is built where that was elsewhere."""
        import torch

        if self._network is None:
            network = self.layers()
            network.load_state_dict(
                {name: torch.from_numpy(value) for name, value in self._weights.items()}
            )
            self._network = network.to(device).eval().requires_grad_(False)
        return self._network

    def restore(self, state: DetectorState) -> None:
        """Take what another one of the same config has learned, whose weights fit its layers."""
        other = type(self)(self.config)
        super(NetworkDetector, other).restore(state)
        other.refuse_other_weights()
        super().restore(state)
        self._made.clear()
        self._network = None

    def once(self, make: Callable[[SequenceSet], Made], sequences: SequenceSet) -> Made:
        """What a method makes of sequences; asked about the same again, it is remembered.

        Scores, ranks and evidence come of one look at the sequences. Other weights forget all of it.
        """
        made = self._made.setdefault(sequences, {})
        if make.__name__ not in made:
            made[make.__name__] = make(sequences)
        remembered: Made = made[make.__name__]
        return remembered

    def refuse_other_weights(self) -> None:
        """See that the weights fit the layers.

        Raises:
            DataError: they do not.
        """
        self.refuse_misfits(self.layers, self._weights)

    def refuse_misfits(self, layers: Callable[[], nn.ModuleDict], weights: Weights) -> None:
        """See that weights fit layers; see `refuse_other_weights`."""
        import torch

        with torch.device("meta"):  # shapes without memory: the sizes may be made up
            made = layers().state_dict()
        declared = {name: tuple(value.shape) for name, value in made.items()}
        there = {name: value.shape for name, value in weights.items()}
        if there != declared:
            differing = sorted(set(there.items()) ^ set(declared.items()))
            raise DataError.of(
                f"{type(self).__name__}: weights",
                differing[0],
                problem="this is not what such a detector learns",
                allowed=f"the weights of its layers: {len(declared)} arrays",
                fix="fit the detector again and save it",
            )

    def manifest(self) -> dict[str, Any]:
        """How large the network is, what it learned from, and how its loss fell."""
        return {
            "weights": sum(value.size for value in self._weights.values()),
            "items": self._items,
            "items_learned": self._items_learned,
            **self._curve.to_json(),
        }


def weights_of(network: nn.ModuleDict) -> Weights:
    """The weights of a network as they are kept."""
    return {
        name: np.ascontiguousarray(value.detach().cpu().numpy())
        for name, value in network.state_dict().items()
    }
