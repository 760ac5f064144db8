"""The options that every network has: how long it is trained, on what, and by how much at a time."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.options.base import Count

__all__ = ["NetworkConfig"]


class NetworkConfig(ExperimentModelConfig):
    """Base of the configs of networks."""

    packages: ClassVar[tuple[str, ...]] = ("torch", "safetensors")

    epochs: Count = Field(description="passes over the training data, at most")
    max_items: Count | None = Field(
        description="different items of training data that are learned from; null = all"
    )
    batch_size: Count = Field(description="different items of training data per step")
    learning_rate: float = Field(gt=0, le=100, description="of Adam")
    patience: Count = Field(description="epochs without a lower validation loss that end training")
    device: str = Field(description="auto, or a device of PyTorch, as cpu or cuda")
    threads: Count = Field(description="of the processor")
    seed: int = Field(ge=0, description="of weights, order and masks")
