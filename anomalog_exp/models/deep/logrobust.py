"""LogRobust: a bidirectional LSTM with attention reads events by the words of their templates.

Source: Zhang et al., "Robust Log-Based Anomaly Detection on Unstable Log Data", ESEC/FSE 2019: an event
is the TF-IDF-weighted mean of the vectors of its words; a bidirectional LSTM reads them; attention
weighs its states, and a linear layer tells the class from their weighted sum. Score: natural-log odds of
"anomalous". Sequences without a label take no part. An event that training never showed is what its
words say, and `<unknown>`, which has none, is a vector of zeros.

Deviations: vectors of words are pseudo-random ones instead of those of FastText, which is a download: a
template with other words of the same meaning is not recognised, one that shares words is. The paper has
vectors of 300 numbers and two LSTM layers of 128 units, which take ten times as long and need more
training sequences. Its attention is a tanh for each event (`attention: tanh`); most public codes have
shares of 1, as the default is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.sequence_classifier import (
    SequenceClassifier,
    SequenceClassifierConfig,
)
from anomalog_exp.features.word_vectors import template_vectors
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Config", "LogRobustDetector"]


class Config(SequenceClassifierConfig):
    """Options of LogRobust."""

    name: Literal["logrobust"]
    width: Count = Field(description="numbers in the vector of an event")
    layers: Count = Field(description="of the LSTM")
    units: Count = Field(description="of each layer in each direction")
    attention: Literal["softmax", "tanh"] = Field(description="how states are weighed")
    dropout: float = Field(ge=0, lt=1, description="share of states left out of a training step")

    def build_detector(self) -> LogRobustDetector:
        return LogRobustDetector(self)


class LogRobustDetector(SequenceClassifier):
    """Scores sequences by what their events say."""

    config: Config

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        vector = nn.Embedding(len(self._shown) + 1, config.width, padding_idx=0)
        vector.requires_grad_(False)
        widths = [config.width, *[2 * config.units] * (config.layers - 1)]
        return nn.ModuleDict(
            {
                "vector": vector,
                **{
                    f"{direction}_{layer}": nn.LSTM(width, config.units, batch_first=True)
                    for layer, width in enumerate(widths)
                    for direction in ("onward", "backward")
                },
                "dropout": nn.Dropout(config.dropout),
                "attention": nn.Linear(2 * config.units, 1),
                "out": nn.Linear(2 * config.units, 1),
            }
        )

    def symbols(self) -> NDArray[np.int64]:
        """One for each template, shown or not: its words tell."""
        return np.arange(1, len(self._shown) + 1)

    def prepare(self, network: nn.ModuleDict, train: SequenceSet) -> None:
        """The vectors of templates, of numbers about 1 in size."""
        import torch

        width = self.config.width
        vectors = template_vectors(train.dataset.templates, width, counted=self._shown)
        with torch.no_grad():
            network["vector"].weight[1:] = torch.from_numpy(vectors * np.float32(width**0.5))

    def logits(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> torch.Tensor:
        states, weight = self._attended(network, symbols, length)
        summed = (states * weight[:, :, None]).sum(dim=1)
        return self.dotted(network["out"], network["dropout"](summed))

    def parts(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> Mapping[int, torch.Tensor]:
        states, weight = self._attended(network, symbols, length)
        return {1: (states * network["out"].weight[0]).sum(dim=2) * weight}

    def _attended(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(batch, width, 2 units) the states, and (batch, width) how much of each is taken."""
        import torch

        place = torch.arange(symbols.shape[1], device=symbols.device)
        inside = place < length[:, None]
        # What is filled up stands behind the end in either direction: it changes no state before.
        backwards = torch.where(inside, length[:, None] - 1 - place, place)
        states = network["vector"](symbols)
        for layer in range(self.config.layers):
            onward, _ = network[f"onward_{layer}"](states)
            backward, _ = network[f"backward_{layer}"](_in_order(states, backwards))
            states = torch.cat((onward, _in_order(backward, backwards)), dim=2)
        odds = self.dotted(network["attention"], states)
        if self.config.attention == "tanh":
            return states, odds.tanh() * inside
        return states, odds.masked_fill(~inside, -1e9).softmax(dim=1) * inside


def _in_order(states: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """(batch, width, units) the states of each sequence in its order, (batch, width)."""
    return states.gather(1, order[:, :, None].expand(-1, -1, states.shape[2]))
