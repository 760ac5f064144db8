"""Pieces of sequences laid out in rows for a network, and the numbers that tell it the places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.pieces import Pieces

if TYPE_CHECKING:
    import torch

__all__ = ["PieceRows", "waves"]


@dataclass(frozen=True, eq=False)
class PieceRows:
    """Pieces, to be laid out in rows.

    Attributes:
        symbols: (symbols of all pieces,) int64.
        begin: (pieces,) int64 where each begins.
        length: (pieces,) int64 of each.
        nothing: The symbol behind the end.
    """

    symbols: torch.Tensor
    begin: torch.Tensor
    length: torch.Tensor
    nothing: int

    @classmethod
    def of(cls, pieces: Pieces, nothing: int, device: torch.device) -> Self:
        import torch

        symbols, begin, length = (
            torch.from_numpy(array).to(device).long()
            for array in (pieces.symbols, pieces.offsets[:-1], pieces.lengths)
        )
        return cls(symbols, begin, length, nothing)

    def rows(self, index: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(batch, width) int64 the symbols of pieces, and bool where there are any."""
        import torch

        nth = torch.arange(width, device=index.device)
        there = nth < self.length[index][:, None]
        place = (self.begin[index][:, None] + nth).clamp(max=len(self.symbols) - 1)
        return self.symbols[place].masked_fill(~there, self.nothing), there


def waves(places: int, width: int) -> NDArray[np.float32]:
    """(places, width) float32 sines and cosines of the place, of longer and longer waves."""
    angle = np.arange(places)[:, None] / 10_000 ** (np.arange(width) // 2 * 2 / width)
    return np.where(np.arange(width) % 2, np.cos(angle), np.sin(angle)).astype(np.float32)
