"""Splits of raw entries: a prefix of rows trains, the rest is tested; groups may straddle the cutoff.

Before grouping, every row gets its part first, and a policy decides about groups with rows of several
parts. After grouping, whole groups in their order train as long as their rows fit into the prefix. The
chunks of a stream are never cut: train before test before ignored decides the split of a chunk, and
masks say which of its events train and which are evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.split import (
    RawEntryPrefixCountSplitConfig,
    RawEntryPrefixFractionSplitConfig,
    RawEntrySplitConfig,
    StraddlingGroupPolicy,
)
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.split import fraction_of

__all__ = ["RowParts", "parts_of_groups", "parts_of_rows", "split_stream", "straddlers_settled"]


@dataclass(frozen=True, eq=False)
class RowParts:
    """The part of each row.

    Attributes:
        part: (rows,) uint8, values of `Split`.
        cutoff: The first row after the prefix.
    """

    part: NDArray[np.uint8]
    cutoff: int


def parts_of_rows(label: NDArray[np.int8], config: RawEntrySplitConfig) -> RowParts:
    """Rows of the prefix train, the others are tested; `label` is that of each row."""
    rows = len(label)
    wanted = _wanted(config, rows, int((label == 0).sum()))
    if _counts_normal(config):
        normal = np.flatnonzero(label == 0)
        cutoff = int(normal[wanted - 1]) + 1 if wanted else 0
    else:
        cutoff = min(rows, wanted)
    part = np.full(rows, Split.TEST, dtype=np.uint8)
    part[:cutoff] = Split.TRAIN
    if _counts_normal(config):
        part[:cutoff][label[:cutoff] != 0] = Split.IGNORED
    return RowParts(part, cutoff)


def straddlers_settled(
    grouping: Grouping, rows: RowParts, policy: StraddlingGroupPolicy
) -> tuple[Grouping, NDArray[np.uint8], dict[str, Any]]:
    """The groups after the policy, the part of each, and figures on the straddlers."""
    along = rows.part[grouping.order]
    change = np.flatnonzero(np.diff(along)) + 1
    filled = grouping.stop > grouping.start
    first_change = np.searchsorted(change, grouping.start, side="right")
    cuts = np.where(filled, np.searchsorted(change, grouping.stop) - first_change, 0)
    last = np.maximum(grouping.stop - 1, 0)
    facts = {"straddlers": int((cuts > 0).sum()), "straddlers_dropped": 0}
    if not len(along):
        return grouping, np.full(len(filled), Split.IGNORED, dtype=np.uint8), facts
    if policy == StraddlingGroupPolicy.ASSIGN_BY_LAST_EVENT:
        part = along[last]
    elif policy == StraddlingGroupPolicy.SPLIT_PARTIAL_SEQUENCES:
        group = np.repeat(np.arange(len(cuts)), cuts + 1)
        nth = np.arange(len(group)) - np.repeat(np.cumsum(cuts + 1) - (cuts + 1), cuts + 1)
        place = first_change[group] + nth
        padded = np.append(change, len(along))
        start = np.where(nth == 0, grouping.start[group], padded[np.maximum(place - 1, 0)])
        stop = np.where(
            nth == cuts[group], grouping.stop[group], padded[place.clip(max=len(change))]
        )
        origin = np.where(nth == 0, grouping.origin[group], start)
        grouping = grouping.take(group)
        grouping = replace(
            grouping, start=start, stop=stop, origin=origin, unit=np.arange(len(group))
        )
        filled, part = filled[group], along[start.clip(max=len(along) - 1)]
    elif policy == StraddlingGroupPolicy.DROP_STRADDLERS:
        whole = cuts == 0
        facts["straddlers_dropped"] = facts["straddlers"]
        grouping = replace(grouping.take(whole), unit=np.arange(int(whole.sum())))
        filled, part = filled[whole], along[grouping.start.clip(max=len(along) - 1)]
    else:
        part = along[grouping.start.clip(max=len(along) - 1)]
    # A window without rows belongs to no part.
    return grouping, np.where(filled, part, Split.IGNORED).astype(np.uint8), facts


def parts_of_groups(
    grouping: Grouping, label: NDArray[np.int8], config: RawEntrySplitConfig
) -> NDArray[np.uint8]:
    """The part of each group: groups train in their order while their rows fit into the prefix.

    Where normal rows are counted, groups that hold others are ignored on the way.
    """
    eligible = np.ones(len(grouping.start), dtype=bool)
    if _counts_normal(config):
        other = np.concatenate(([0], np.cumsum(label[grouping.order] != 0)))
        eligible = other[grouping.stop] == other[grouping.start]
    wanted = _wanted(config, len(label), int((label == 0).sum()))
    length = np.where(eligible, grouping.stop - grouping.start, 0)
    inside = np.cumsum(length) <= wanted
    part = np.where(inside, np.where(eligible, Split.TRAIN, Split.IGNORED), Split.TEST)
    return part.astype(np.uint8)


def split_stream(
    grouping: Grouping, rows: RowParts, label: NDArray[np.int8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """The part of each chunk, and which rows train and which are evaluated."""
    part = np.full(len(grouping.start), Split.IGNORED, dtype=np.uint8)
    for one in (Split.TEST, Split.TRAIN):
        there = np.concatenate(([0], np.cumsum(rows.part[grouping.order] == one)))
        part[there[grouping.stop] > there[grouping.start]] = one
    return part, (rows.part == Split.TRAIN) & (label != 1), rows.part == Split.TEST


def _counts_normal(config: RawEntrySplitConfig) -> bool:
    return not isinstance(
        config, RawEntryPrefixCountSplitConfig | RawEntryPrefixFractionSplitConfig
    )


def _wanted(config: Any, rows: int, normal: int) -> int:
    """Rows of the prefix, or normal rows where these are counted."""
    if isinstance(config, RawEntryPrefixCountSplitConfig):
        return config.train_entry_count
    if isinstance(config, RawEntryPrefixFractionSplitConfig):
        return fraction_of(config.train_entry_fraction, rows)
    return fraction_of(config.train_normal_entry_fraction, normal)
