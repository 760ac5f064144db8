"""Adam, which moves tensors against the slope of a loss.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, with the paper's defaults
but for the learning rate. A step is that of `torch.optim.Adam`, to the byte. That class imports the
compiler of PyTorch, of which nothing is used here, and which takes as long to import as the rest of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch.optim.adam import adam

__all__ = ["Adam"]


class Adam:
    """The moments of some tensors."""

    def __init__(self, tensors: Iterable[torch.Tensor], learning_rate: float) -> None:
        """Begin with moments of zero.

        Args:
            tensors: What is moved, in place; those that require a gradient.
            learning_rate: The length of a step, more or less.
        """
        self._tensors = [tensor for tensor in tensors if tensor.requires_grad]
        self._learning_rate = learning_rate
        self._mean = [torch.zeros_like(tensor) for tensor in self._tensors]
        self._square = [torch.zeros_like(tensor) for tensor in self._tensors]
        self._steps = [torch.zeros((), device=tensor.device) for tensor in self._tensors]

    def step(self, loss: torch.Tensor) -> None:
        """One step against the slope of a loss; a tensor that the loss does not depend on stays.

        Args:
            loss: () float32, made of the tensors.
        """
        slopes = torch.autograd.grad(loss, self._tensors, allow_unused=True)
        moved = [nth for nth, slope in enumerate(slopes) if slope is not None]
        with torch.no_grad():
            # Fused, a step is one call: its many small ones took a sixth of the time of small networks.
            adam(
                [self._tensors[nth] for nth in moved],
                [slopes[nth] for nth in moved],
                [self._mean[nth] for nth in moved],
                [self._square[nth] for nth in moved],
                [],
                [self._steps[nth] for nth in moved],
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self._learning_rate,
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )
