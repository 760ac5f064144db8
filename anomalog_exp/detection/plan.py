"""How much there is to do in a run of a model, for whoever shows progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["ProgressHint", "RunProgressPlan"]


@dataclass(frozen=True)
class ProgressHint:
    """The extent of one stage.

    Attributes:
        total: Items that the stage goes through.
        unit: What one item is.
    """

    total: int
    unit: str


@dataclass(frozen=True)
class RunProgressPlan:
    """The extent of the stages of a run.

    Attributes:
        train: Of fitting.
        score: Of scoring the test split.
    """

    train: ProgressHint
    score: ProgressHint

    @classmethod
    def of(cls, sequences: SequenceSet) -> Self:
        """What the splits say."""
        train, test = (int((sequences.split == part).sum()) for part in (Split.TRAIN, Split.TEST))
        return cls(ProgressHint(train, "sequences"), ProgressHint(test, "sequences"))
