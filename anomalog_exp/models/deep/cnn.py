"""CNN: convolutions over a sequence ask which short runs of events the anomalous ones have.

Source: Lu, Wei, Li, Wang, "Detecting Anomaly in Big Data System Logs Using Convolutional Neural
Network", DASC 2018: a vector of 128 numbers for each event, learned with the rest ("logkey2vec");
convolutions of 3, 4 and 5 events side by side, of 128 filters each; the highest value of each filter
over the sequence; dropout; a linear layer. Score: natural-log odds of "anomalous". Sequences without a
label take no part.

Deviations: sequences keep their own lengths, where the paper fills all up to the longest; zeros stand
before the first event and behind the last one. An event that training never showed is zeros, too. One
output has the log odds, where the paper has one for each class: that is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from anomalog_exp.detection.networks.sequence_classifier import (
    SequenceClassifier,
    SequenceClassifierConfig,
)
from anomalog_exp.options.base import Count

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["CnnDetector", "Config"]


class Config(SequenceClassifierConfig):
    """Options of the CNN."""

    name: Literal["cnn"]
    width: Count = Field(description="numbers in the vector of an event")
    runs: list[Count] = Field(min_length=1, description="events of the runs that are convolved")
    filters: Count = Field(description="of each length of runs")
    dropout: float = Field(ge=0, lt=1, description="share of filters left out of a training step")

    def build_detector(self) -> CnnDetector:
        return CnnDetector(self)


class CnnDetector(SequenceClassifier):
    """Scores sequences by the runs of events in them."""

    config: Config

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        known = int(self._shown.sum())
        convolutions = {
            f"runs_of_{size}": nn.Conv1d(config.width, config.filters, size, padding=size - 1)
            for size in config.runs
        }
        return nn.ModuleDict(
            {
                "vector": nn.Embedding(known + 1, config.width, padding_idx=0),
                **convolutions,
                "dropout": nn.Dropout(config.dropout),
                "out": nn.Linear(config.filters * len(convolutions), 1),
            }
        )

    def logits(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> torch.Tensor:
        import torch

        found = self._highest(network, symbols, length)
        features = torch.cat([value for value, _ in found.values()], dim=1)
        return self.dotted(network["out"], network["dropout"](features))

    def _highest(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> dict[int, tuple[torch.Tensor, torch.Tensor]]:
        """Events of a run -> (batch, filters) the highest value of each filter, and where it ends."""
        import torch

        vectors = network["vector"](symbols).transpose(1, 2)
        found = {}
        for size in dict.fromkeys(self.config.runs):
            values = network[f"runs_of_{size}"](vectors)
            place = torch.arange(values.shape[2], device=values.device)
            # One run at least, also of no events.
            without = place >= (length.clamp(min=1) + size - 1)[:, None]
            highest, where = values.masked_fill(without[:, None], -torch.inf).max(dim=2)
            found[size] = highest.relu(), where
        return found

    def parts(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> Mapping[int, torch.Tensor]:
        found = self._highest(network, symbols, length)
        weights = network["out"].weight[0].split(self.config.filters)
        parts = {}
        for (size, (value, where)), weight in zip(found.items(), weights, strict=True):
            added = value.new_zeros(len(value), symbols.shape[1] + size - 1)
            parts[size] = added.scatter_add(1, where, value * weight)
        return parts
