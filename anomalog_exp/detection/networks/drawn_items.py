"""Which items train, where not all do.

Source: Duffield, Lund, Thorup, "Priority sampling for estimation of arbitrary subset sums", Journal of
the ACM 54(6), 2007. The priority of an item is its weight, divided by a random number from 0 to 1. The
items of the highest priorities are drawn. Each weighs what it did, but no less than the highest priority
of those that were not. So what weighs much is drawn almost surely and keeps its weight, and the loss of
the drawn ones is, on average over draws, that of all.
"""

from __future__ import annotations

import torch

__all__ = ["drawn_items"]


def drawn_items(weight: torch.Tensor, at_most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which items are drawn, by PyTorch's random numbers, and what they weigh.

    Args:
        weight: (items,) float32 above 0; more items than `at_most`.
        at_most: How many are drawn.

    Returns:
        (at_most,) int64 items in their order, and (at_most,) float32 weights.
    """
    chance = 1 - torch.rand(len(weight), dtype=torch.float64).to(weight.device)  # never 0
    highest = (weight / chance).topk(at_most + 1)
    item = highest.indices[:-1].sort().values
    least = highest.values[-1].to(weight.dtype)
    return item, weight[item].clamp(min=least)
