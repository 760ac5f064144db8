"""Scores, labels and decisions of the test part, kept with every run: curves are drawn from them later.

One `.npz` of plain arrays, ten bytes a unit: a float64 score, exact because curves need ranks, an int8
label and a bool decision. Nothing is compressed: where scores differ, a million of them would take a
quarter of a second to save a fifth of the file. Equal runs give equal bytes. An array's name in the file
is its kind and its field: `sequences.score`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.scores import decided
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.files import replaced

__all__ = ["RunScores", "ScoredUnits", "read_scores", "write_scores"]


@dataclass(frozen=True, eq=False)
class ScoredUnits:
    """Units of one kind.

    Attributes:
        score: (units,) float64, higher = more anomalous.
        label: (units,) int8, 0 normal, 1 anomalous, -1 not labelled.
        predicted: (units,) bool, what was decided.
        abstained: (units,) bool, where nothing was; None: everything was, and no such array is kept.
    """

    score: NDArray[np.float64]
    label: NDArray[np.int8]
    predicted: NDArray[np.bool_]
    abstained: NDArray[np.bool_] | None = None

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(units,) bool, which are labelled and decided: those that figures are about."""
        return (self.label >= 0) & self.decided

    @property
    def decided(self) -> NDArray[np.bool_]:
        """(units,) bool, where the detector gives an answer."""
        return decided(self.abstained, len(self.label))


_ARRAYS = [field.name for field in fields(ScoredUnits)]


@dataclass(frozen=True, eq=False)
class RunScores:
    """The test part of a run, kind by kind.

    Attributes:
        sequences: Its sequences, in the order of `predictions.parquet`.
        events: Its events, in the order of `event_predictions.parquet`; None where none is judged.
    """

    sequences: ScoredUnits
    events: ScoredUnits | None = None

    @classmethod
    def of(cls, summary: ModelRunSummary) -> Self:
        """Those of a run that has just ended."""
        sequences = ScoredUnits(
            summary.scores, summary.test.label, summary.predicted, summary.abstained
        )
        if (judged := summary.events) is None:
            return cls(sequences)
        label = np.asarray(summary.test.dataset.label)[judged.rows]
        events = ScoredUnits(judged.scores, label, judged.predicted, judged.abstained)
        return cls(sequences, events)


def write_scores(path: Path, scores: RunScores) -> None:
    """Replace the file in one step."""
    arrays = {
        f"{field.name}.{name}": array
        for field in fields(scores)
        if (units := getattr(scores, field.name)) is not None
        for name, array in vars(units).items()
        if array is not None
    }
    with replaced(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_scores(path: Path) -> RunScores:
    """The scores that a file holds.

    Raises:
        FileNotFoundError: the run has none, because it did not end well.
    """
    with np.load(path, allow_pickle=False) as stored:
        kinds = {
            field.name: ScoredUnits(*(stored.get(f"{field.name}.{name}") for name in _ARRAYS))
            for field in fields(RunScores)
            if f"{field.name}.{_ARRAYS[0]}" in stored
        }
    return RunScores(**kinds)
