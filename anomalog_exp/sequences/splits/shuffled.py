"""Which sequences train and which are scored, drawn by chance, as many papers do it.

Training may then come after the test, and neighbours, which are often alike, stand on both sides:
figures are better than new logs give. These splits exist to reproduce papers, and their results say so.

Whole sessions are drawn, so that all windows of one session fall in one split. Windows that are no parts
of a session are drawn one by one, and overlapping ones share rows with the other side. Each part keeps
the order of the log, so that its last sessions are those that are held back for validation.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.options.base import Fraction
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig
from anomalog_exp.sequences.splits.fractions import (
    FractionSplitConfig,
    fraction_of,
    session_labels,
    split_sessions,
)

__all__ = ["RandomNormalSplitConfig", "RandomSplitConfig"]

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
_SHUFFLED: Final = "shuffled: training may come after test"


class RandomSplitConfig(FractionSplitConfig):
    """Draw the training and the test part.

    It is the chronological split of shuffled sessions, so that the test part does not move when
    `train_fraction` does. Stratified, the sessions of each label are split by themselves, each share
    rounded up: normal, anomalous and those without a label.
    """

    name: Literal["random"]
    stratified: bool = Field(description="draw the same shares of each label")
    seed: Seed = Field(description="of the draw")

    @property
    def caveat(self) -> str:
        return _SHUFFLED

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        label = sequence_labels(dataset, grouping, row_label)
        of_session = session_labels(label, grouping.session)
        stratum = of_session if self.stratified else np.zeros_like(of_session)
        random = np.random.default_rng(self.seed)
        part = np.empty(len(of_session), dtype=np.uint8)
        for one in np.unique(stratum):
            drawn = random.permutation(np.flatnonzero(stratum == one))
            part[drawn] = split_sessions(of_session[drawn], self)
        return Assignment(grouping, label, part[grouping.session])


class RandomNormalSplitConfig(HoldingSplitConfig):
    """Draw normal sessions to train on; all others are tested, as Landauer et al. 2024 do."""

    name: Literal["random_normal"]
    train_fraction: Fraction = Field(description="share of the normal sequences that trains")
    seed: Seed = Field(description="of the draw")

    @property
    def caveat(self) -> str:
        return _SHUFFLED

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        label = sequence_labels(dataset, grouping, row_label)
        normal = np.flatnonzero(session_labels(label, grouping.session) == 0)
        drawn = np.random.default_rng(self.seed).permutation(normal)
        part = np.full(int(grouping.session.max(initial=-1)) + 1, Split.TEST, dtype=np.uint8)
        part[drawn[: fraction_of(self.train_fraction, len(normal))]] = Split.TRAIN
        return Assignment(grouping, label, part[grouping.session])
