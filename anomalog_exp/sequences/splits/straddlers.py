"""Groups whose rows fall in several parts: a policy decides what becomes of them.

A group that stays whole is a whole session: all windows of one entity go the same way. Partial sequences
are made of single windows.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.sequence_set import Split

__all__ = ["StraddlingGroupPolicy", "straddlers_settled"]


class StraddlingGroupPolicy(StrEnum):
    """What becomes of a group whose rows fall on both sides of the cutoff."""

    SPLIT_PARTIAL_SEQUENCES = "split_partial_sequences"
    ASSIGN_BY_FIRST_EVENT = "assign_by_first_event"
    ASSIGN_BY_LAST_EVENT = "assign_by_last_event"
    DROP_STRADDLERS = "drop_straddlers"


def straddlers_settled(
    grouping: Grouping, row_part: NDArray[np.uint8], policy: StraddlingGroupPolicy
) -> tuple[Grouping, NDArray[np.uint8], dict[str, Any]]:
    """The groups after the policy, the part of each, and figures on the straddlers.

    Args:
        grouping: The groups.
        row_part: (rows,) uint8 part of each row, values of `Split`.
        policy: What becomes of groups with rows of several parts.
    """
    along = row_part[grouping.order]
    if not len(along):
        facts = {"straddlers": 0, "straddlers_dropped": 0}
        return grouping, np.full(len(grouping.start), Split.IGNORED, dtype=np.uint8), facts
    change = np.flatnonzero(np.diff(along)) + 1
    filled = grouping.stop > grouping.start
    partial = policy == StraddlingGroupPolicy.SPLIT_PARTIAL_SEQUENCES
    begin, end = (grouping.start, grouping.stop) if partial else grouping.sessions()
    first_change = np.searchsorted(change, begin, side="right")
    cuts = np.where(end > begin, np.searchsorted(change, end) - first_change, 0)
    facts = {"straddlers": int((cuts > 0).sum()), "straddlers_dropped": 0}
    if policy == StraddlingGroupPolicy.ASSIGN_BY_LAST_EVENT:
        part = along[np.maximum(end - 1, 0)][grouping.session]
    elif partial:
        group = np.repeat(np.arange(len(cuts)), cuts + 1)
        nth = np.arange(len(group)) - np.repeat(np.cumsum(cuts + 1) - (cuts + 1), cuts + 1)
        place = first_change[group] + nth
        padded = np.append(change, len(along))
        start = np.where(nth == 0, grouping.start[group], padded[np.maximum(place - 1, 0)])
        stop = np.where(
            nth == cuts[group], grouping.stop[group], padded[place.clip(max=len(change))]
        )
        origin = grouping.origin
        if origin is not None:
            origin = np.where(nth == 0, origin[group], start)
        pieces = grouping.take(group)
        grouping = replace(
            pieces,
            start=start,
            stop=stop,
            origin=origin,
            session=np.arange(len(group)),
            cut_from=pieces.session,
        )
        filled, part = filled[group], along[start.clip(max=len(along) - 1)]
    elif policy == StraddlingGroupPolicy.DROP_STRADDLERS:
        whole = (cuts == 0)[grouping.session]
        facts["straddlers_dropped"] = facts["straddlers"]
        kept = grouping.take(whole)
        renumbered = np.cumsum(np.diff(kept.session, prepend=-1) != 0) - 1
        grouping = replace(kept, session=renumbered)
        filled, part = filled[whole], along[grouping.start.clip(max=len(along) - 1)]
    else:
        part = along[begin.clip(max=len(along) - 1)][grouping.session]
    # A window without rows belongs to no part.
    return grouping, np.where(filled, part, Split.IGNORED).astype(np.uint8), facts
