"""DeepLog: an LSTM predicts each event from those before it; what it did not expect is anomalous.

Source: Du, Li, Zheng, Srikumar, "DeepLog: Anomaly Detection and Diagnosis from System Logs through
Deep Learning", CCS 2017. Two LSTM layers of 64 units read the last 10 events as one-hot vectors, and a
linear layer on the last state gives the odds of what comes next. Score: the highest rank of an event
among what was expected in its place, counted from 0. Equal histories are learned and predicted once.

Deviations: a small share of what is expected goes to all events alike (`label_smoothing`). The first
public code feeds the number of an event instead of a one-hot vector. Workflow models and learning from
an operator's feedback are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from anomalog_exp.detection.networks.next_event_detector import NextEventConfig, NextEventDetector
from anomalog_exp.options.base import Count

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Config", "DeepLogDetector"]


class Config(NextEventConfig):
    """Options of DeepLog."""

    name: Literal["deeplog"]
    layers: Count = Field(description="of the LSTM")
    units: Count = Field(description="of each layer")

    def build_detector(self) -> DeepLogDetector:
        return DeepLogDetector(self)


class DeepLogDetector(NextEventDetector):
    """Scores sequences by their least expected event."""

    config: Config

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        return nn.ModuleDict(
            {
                "lstm": nn.LSTM(self.symbols + 1, config.units, config.layers, batch_first=True),
                "out": nn.Linear(config.units, self.symbols),
            }
        )

    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        states, _ = network["lstm"](self.one_hot(histories))
        logits: torch.Tensor = network["out"](states[:, -1])
        return logits
