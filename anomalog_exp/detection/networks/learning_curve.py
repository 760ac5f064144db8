"""How a loss fell while a network was trained.

A detector that puts `to_json` of its curve into its manifest has it drawn on the page of the run, and in
MLflow epoch by epoch. The curves of its members are drawn, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

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

    @classmethod
    def from_json(cls, manifest: Mapping[str, Any]) -> Self | None:
        """The curve that `to_json` has put into a manifest; None where it holds none."""
        curve, best = manifest.get("learning_curve"), manifest.get("best_epoch")
        if not isinstance(curve, dict) or "loss" not in curve or not isinstance(best, int):
            return None
        return cls.of(curve["loss"], curve.get("valid_loss", []), best - 1)

    @classmethod
    def all_in(cls, manifest: Mapping[str, Any]) -> dict[str, Self]:
        """The curves in a manifest by what learned so: "" is the detector itself.

        Others are its members, and parts of it that have a manifest of their own, by their names.
        """
        own = cls.from_json(manifest)
        found = {} if own is None else {"": own}
        parts = {name: part for name, part in manifest.items() if isinstance(part, Mapping)}
        for name, part in (parts | dict(parts.pop("members", {}))).items():
            if isinstance(part, Mapping):
                curves = cls.all_in(part).items()
                found |= {f"{name} {inner}".strip(): curve for inner, curve in curves}
        return found

    def to_json(self) -> dict[str, object]:
        """What manifests hold of it; they count epochs from 1."""
        curve: dict[str, object] = {"loss": self.loss.tolist()}
        if len(self.valid_loss):
            curve["valid_loss"] = self.valid_loss.tolist()
        return {"epochs": len(self.loss), "best_epoch": self.best + 1, "learning_curve": curve}
