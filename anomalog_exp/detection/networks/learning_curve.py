"""How a loss fell while a network was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["LearningCurve"]


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Losses by epoch.

    Attributes:
        loss: (epochs,) mean loss over the training data, on the way through the epoch.
        valid_loss: (validated epochs,) mean loss over the validation data at the end of each epoch; none
            where there is none.
        best: The epoch whose weights were kept, counted from 0.
    """

    loss: Annotated[NDArray[np.float64], "epochs"]
    valid_loss: Annotated[NDArray[np.float64], "validated epochs"]
    best: int

    @classmethod
    def of(cls, loss: Sequence[float], valid_loss: Sequence[float], best: int) -> Self:
        """From the losses of each epoch."""
        return cls(np.array(loss, dtype=np.float64), np.array(valid_loss, dtype=np.float64), best)

    def to_json(self) -> dict[str, object]:
        """What manifests hold of it."""
        curve: dict[str, object] = {"loss": self.loss.tolist()}
        if len(self.valid_loss):
            curve["valid_loss"] = self.valid_loss.tolist()
        return {"epochs": len(self.loss), "best_epoch": self.best + 1, "learning_curve": curve}
