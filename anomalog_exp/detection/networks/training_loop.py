"""The one training loop: Adam over weighted items in random order, epoch by epoch.

An item stands for as many equal ones as its weight says. The loss of a batch is an unbiased estimate of
the mean loss over all that items stand for; of all items in one batch it is that mean, so that equal
items merged or one by one give the same step.

Where there is validation data, training ends after `patience` epochs without a lower loss on it, and the
weights of the epoch of the lowest loss are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import nn

from anomalog_exp.detection.networks.adam import Adam
from anomalog_exp.detection.networks.drawn_items import drawn_items
from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.progress import Progress

__all__ = ["Task", "train"]


@dataclass(frozen=True, eq=False)
class Task:
    """What a network learns from, or is validated on.

    Attributes:
        weight: (items,) float32, how many equal ones each item stands for.
        loss: From (batch,) int64 indices of items to their losses, (batch,).
    """

    weight: torch.Tensor
    loss: Callable[[torch.Tensor], torch.Tensor]

    def of_at_most(self, items: int | None) -> Task:
        """This, or so many items drawn from it by PyTorch's random numbers; see `drawn_items`."""
        if items is None or len(self.weight) <= items:
            return self
        drawn, weight = drawn_items(self.weight, items)
        return Task(weight, lambda index: self.loss(drawn[index]))


def train(
    network: nn.Module,
    task: Task,
    valid: Task | None,
    options: NetworkConfig,
    progress: Progress,
) -> LearningCurve:
    """Train a network in place.

    Args:
        network: Its weights are what is learned.
        task: What it learns from.
        valid: What decides when to stop; None: nothing does, and all epochs run.
        options: How long and by how much.
        progress: Told of each epoch.

    Raises:
        ConfigError: the loss is no number any more.
    """
    adam = Adam(network.parameters(), options.learning_rate)
    losses: list[float] = []
    valid_losses: list[float] = []
    best, kept = 0, network.state_dict()
    with progress.stage(f"training {options.name}", options.epochs, "epochs") as advance:
        for epoch in range(options.epochs):
            losses.append(_epoch(network, task, adam, options))
            advance(1)
            if valid is None:
                best = epoch
                continue
            valid_losses.append(_mean_loss(network, valid, options.batch_size))
            if valid_losses[epoch] < valid_losses[best] or epoch == 0:
                best, kept = epoch, deepcopy(network.state_dict())
            elif epoch - best >= options.patience:
                break
    network.load_state_dict(kept)
    network.eval()
    return LearningCurve.of(losses, valid_losses, best)


def _epoch(network: nn.Module, task: Task, adam: Adam, options: NetworkConfig) -> float:
    """One pass over all items; the mean loss on the way."""
    network.train()
    item, weight = _shares(task.weight)
    whole = weight.sum()
    total = 0.0
    for batch in torch.randperm(len(item)).to(item.device).split(options.batch_size):
        loss = (task.loss(item[batch]) * weight[batch]).sum()
        adam.step(loss * (len(item) / len(batch) / whole))
        total += float(loss.detach())
    mean = total / float(whole)
    if not math.isfinite(mean):
        raise ConfigError.of(
            "model.learning_rate",
            options.learning_rate,
            problem="the loss of training is no finite number any more: its steps are too long",
            allowed="steps so short that the loss falls",
            fix="lower it, by a factor of ten at first",
        )
    return mean


def _shares(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Items and what they weigh, where heavy ones stand several times with a share of their weight.

    None weighs more than four times the mean then, and there are at most a quarter as many again. One
    that weighs as much as all others would make every batch that it is not in a poor estimate.
    """
    copies = (weight / (4 * weight.mean())).ceil().clamp_(min=1).long()
    item = torch.arange(len(weight), device=weight.device).repeat_interleave(copies)
    return item, (weight / copies)[item]


def _mean_loss(network: nn.Module, task: Task, batch_size: int) -> float:
    network.eval()
    with torch.no_grad():
        batches = torch.arange(len(task.weight), device=task.weight.device).split(batch_size)
        total = sum(float((task.loss(batch) * task.weight[batch]).sum()) for batch in batches)
    return total / float(task.weight.sum())
