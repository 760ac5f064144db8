"""What a split is: it puts every sequence into a part, from the groups and the labels of their rows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.sequence_set import Split

__all__ = ["Assignment", "HoldingSplitConfig", "SplitConfigBase", "check_parts"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """The part of each sequence.

    Attributes:
        grouping: The groups; a split of rows may have cut some and dropped others.
        label: (sequences,) int8, 0 normal, 1 anomalous, -1 nothing in it is labelled.
        part: (sequences,) uint8, values of `Split`.
        row_part: (rows,) uint8 values of `Split`, where rows were split before they were grouped.
        train_events: (rows,) bool rows that may train, or None for all of them.
        evaluation_events: (rows,) bool rows that are evaluated, or None for all.
        judged_twice: Each sequence is there twice, to train and to be judged.
        facts: Figures for the manifest, JSON-ready.
    """

    grouping: Grouping
    label: NDArray[np.int8]
    part: NDArray[np.uint8]
    row_part: NDArray[np.uint8] | None = None
    train_events: NDArray[np.bool_] | None = None
    evaluation_events: NDArray[np.bool_] | None = None
    judged_twice: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


class SplitConfigBase(Options):
    """Base of the splits.

    Attributes:
        trains: Some sequences of every such split train.
    """

    trains: ClassVar[bool] = True

    @property
    def caveat(self) -> str | None:
        """What stands beside every result of the split; None where training comes first, then the test.

        What comes before a colon, if there is one, is its short form for tables.
        """
        return None

    @property
    def reads_parameters(self) -> bool:
        """Whether a run of it reads the values in messages, whatever its detector does."""
        return False

    @abstractmethod
    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        """Put the groups of `dataset` into parts.

        Args:
            dataset: What the groups are of.
            grouping: The groups, in order.
            row_label: (rows,) int8 label of each row.

        Raises:
            ConfigError: the data set lacks what the split needs.
        """


class HoldingSplitConfig(SplitConfigBase):
    """Base of the splits that may hold the last share of their training part back."""

    added_since: ClassVar[dict[str, Any]] = {"validation_fraction": 0.0}

    validation_fraction: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        description="share of the training part, its last sessions, that is for validation"
    )


def check_parts(
    parts: NDArray[np.uint8], split: SplitConfigBase, *, evaluated: bool = False
) -> None:
    """See that there is something to train on and something to test.

    Args:
        parts: (sequences,) values of `Split`.
        split: What was asked for.
        evaluated: Single events are evaluated, whichever sequences they are in.

    Raises:
        ConfigError: a part is empty.
    """
    train, test = int((parts == Split.TRAIN).sum()), int((parts == Split.TEST).sum())
    may_train = train or not split.trains
    if may_train and (test or evaluated):
        return
    missing = "test" if may_train else "train on"
    hint = "" if may_train else ", or split=chronological where nothing is labelled"
    raise ConfigError.of(
        "split",
        " ".join(f"{key}={value}" for key, value in split.model_dump(mode="json").items()),
        problem=f"no sequence is left to {missing}: of {len(parts):,}, {train:,} train, {test:,} are "
        "tested and the others are ignored",
        allowed="figures that give at least one sequence to each part",
        fix=f"change the figures of the split, use a larger log or smaller windows{hint}",
    )
