"""Splits of raw entries: a prefix of rows trains, and the rest is tested.

Before grouping, every row gets its part first, and a policy decides about groups with rows of several
parts; see `straddlers`. After grouping, whole groups in their order train as long as their rows fit into
the prefix. The chunks of a stream are never cut: train before test before ignored decides the split of a
chunk, and masks say which of its events train and which are evaluated.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count, Fraction
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig
from anomalog_exp.sequences.splits.fractions import fraction_of
from anomalog_exp.sequences.splits.straddlers import StraddlingGroupPolicy, straddlers_settled

__all__ = [
    "RawEntryPrefixCountSplitConfig",
    "RawEntryPrefixFractionSplitConfig",
    "RawEntryPrefixNormalFractionSplitConfig",
    "RawEntrySplitConfig",
    "RowParts",
    "SplitApplicationOrder",
    "parts_of_groups",
    "parts_of_rows",
    "split_stream",
]


class SplitApplicationOrder(StrEnum):
    """When a split of raw entries is made, relative to grouping."""

    BEFORE_GROUPING = "before_grouping"
    AFTER_GROUPING = "after_grouping"


@dataclass(frozen=True, eq=False)
class RowParts:
    """The part of each row.

    Attributes:
        part: (rows,) uint8, values of `Split`.
        cutoff: The first row after the prefix.
    """

    part: NDArray[np.uint8]
    cutoff: int


class RawEntrySplitConfig(HoldingSplitConfig):
    """A training prefix of rows; the rest is tested."""

    counts_normal: ClassVar[bool] = False
    """The prefix is measured in normal rows; others that it meets are ignored."""

    application_order: SplitApplicationOrder = Field(
        strict=False, description="rows before they are grouped, or whole groups in their order"
    )
    straddling_group_policy: StraddlingGroupPolicy = Field(
        strict=False, description="for groups on both sides, before_grouping only"
    )

    @abstractmethod
    def prefix(self, rows: int, normal: int) -> int:
        """Rows of the prefix, of so many; or normal rows, where these are counted."""

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        if self.application_order == SplitApplicationOrder.AFTER_GROUPING:
            label = sequence_labels(dataset, grouping, row_label)
            return Assignment(grouping, label, parts_of_groups(grouping, row_label, self))
        rows = parts_of_rows(row_label, self)
        facts = {"cutoff_row": rows.cutoff}
        if grouping.unit == EvaluationUnit.STREAM:
            part, train, evaluated = split_stream(grouping, rows, row_label)
            label = sequence_labels(dataset, grouping, row_label)
            return Assignment(grouping, label, part, rows.part, train, evaluated, facts=facts)
        settled, part, straddlers = straddlers_settled(
            grouping, rows.part, self.straddling_group_policy
        )
        label = sequence_labels(dataset, settled, row_label)
        return Assignment(settled, label, part, rows.part, facts=facts | straddlers)


class RawEntryPrefixCountSplitConfig(RawEntrySplitConfig):
    """Train on the first n rows."""

    name: Literal["prefix_count"]
    train_entry_count: Count = Field(description="rows that train")

    def prefix(self, rows: int, normal: int) -> int:
        return self.train_entry_count


class RawEntryPrefixFractionSplitConfig(RawEntrySplitConfig):
    """Train on the first ceil(p * rows) rows."""

    name: Literal["prefix_fraction"]
    train_entry_fraction: Fraction = Field(description="share of the rows that trains")

    def prefix(self, rows: int, normal: int) -> int:
        return fraction_of(self.train_entry_fraction, rows)


class RawEntryPrefixNormalFractionSplitConfig(RawEntrySplitConfig):
    """Train on the first ceil(p * normal rows) normal rows; anomalous ones on the way are ignored."""

    counts_normal: ClassVar[bool] = True

    name: Literal["prefix_normal_fraction"]
    train_normal_entry_fraction: Fraction = Field(
        description="share of the normal rows that trains"
    )

    def prefix(self, rows: int, normal: int) -> int:
        return fraction_of(self.train_normal_entry_fraction, normal)


def parts_of_rows(label: NDArray[np.int8], config: RawEntrySplitConfig) -> RowParts:
    """Rows of the prefix train, the others are tested; `label` is that of each row."""
    rows = len(label)
    size = config.prefix(rows, int((label == 0).sum()))
    if config.counts_normal:
        normal = np.flatnonzero(label == 0)
        cutoff = int(normal[size - 1]) + 1 if size else 0
    else:
        cutoff = min(rows, size)
    part = np.full(rows, Split.TEST, dtype=np.uint8)
    part[:cutoff] = Split.TRAIN
    if config.counts_normal:
        part[:cutoff][label[:cutoff] != 0] = Split.IGNORED
    return RowParts(part, cutoff)


def parts_of_groups(
    grouping: Grouping, label: NDArray[np.int8], config: RawEntrySplitConfig
) -> NDArray[np.uint8]:
    """The part of each group: sessions train in their order while their rows fit into the prefix.

    Where normal rows are counted, sessions that hold others are ignored on the way.
    """
    start, stop = grouping.sessions()
    eligible = np.ones(len(start), dtype=bool)
    if config.counts_normal:
        other = np.concatenate(([0], np.cumsum(label[grouping.order] != 0)))
        eligible = other[stop] == other[start]
    size = config.prefix(len(label), int((label == 0).sum()))
    length = np.where(eligible, stop - start, 0)
    inside = np.cumsum(length) <= size
    part = np.where(inside, np.where(eligible, Split.TRAIN, Split.IGNORED), Split.TEST)
    return part.astype(np.uint8)[grouping.session]


def split_stream(
    grouping: Grouping, rows: RowParts, label: NDArray[np.int8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """The part of each chunk, and which rows train and which are evaluated."""
    part = np.full(len(grouping.start), Split.IGNORED, dtype=np.uint8)
    for one in (Split.TEST, Split.TRAIN):
        there = np.concatenate(([0], np.cumsum(rows.part[grouping.order] == one)))
        part[there[grouping.stop] > there[grouping.start]] = one
    return part, (rows.part == Split.TRAIN) & (label != 1), rows.part == Split.TEST
