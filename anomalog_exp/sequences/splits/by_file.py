"""The inputs that are named train, and others are judged: yesterday's files and today's.

It is a split of rows. A group with rows of both sides becomes one sequence of each side, even where rows
take turns, as those of files of one hour do in a window of time. No state of a model carries over
from one side to the other. Of windows without rows those train, or are judged, that lie between rows of
that side alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.plural import how_many
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split, count_by_part
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig
from anomalog_exp.sequences.splits.straddlers import StraddlingGroupPolicy, straddlers_settled

__all__ = ["ByFileSplitConfig", "fitting"]

_SHOWN: Final = 10

Patterns = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class ByFileSplitConfig(HoldingSplitConfig):
    """Train on inputs that are named, and judge others."""

    name: Literal["by_file"]
    train: Patterns = Field(description="inputs that train, by names or patterns")
    test: Patterns = Field(description="which of the other inputs are judged")
    straddling_group_policy: StraddlingGroupPolicy = Field(
        strict=False, description="for groups with rows of both sides"
    )

    @property
    def reads_parameters(self) -> bool:
        return True  # what changed between both sides is also looked for in values

    def parts(self, sources: Sequence[str]) -> NDArray[np.uint8]:
        """(sources,) the part of each input, values of `Split`.

        Args:
            sources: Names of the inputs.

        Raises:
            ConfigError: a pattern names none of them.
        """
        part = np.full(len(sources), Split.IGNORED, dtype=np.uint8)
        for key, one in (("test", Split.TEST), ("train", Split.TRAIN)):
            for pattern in getattr(self, key):
                part[fitting(pattern, sources, f"split.{key}")] = one
        return part

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        of_file = self.parts(dataset.sources)
        row_part = of_file[dataset.source]
        if self.straddling_group_policy == StraddlingGroupPolicy.SPLIT_PARTIAL_SEQUENCES:
            settled, part, straddlers = _sides(grouping, row_part)
        else:
            settled, part, straddlers = straddlers_settled(
                grouping, row_part, self.straddling_group_policy
            )
        for side in ("train", "test"):
            self._refuse_without_sequence(side, part, row_part)
        facts = {"files_by_part": count_by_part(of_file)}
        label = sequence_labels(dataset, settled, row_label)
        return Assignment(settled, label, part, row_part, facts=facts | straddlers)

    def _refuse_without_sequence(
        self, side: str, part: NDArray[np.uint8], row_part: NDArray[np.uint8]
    ) -> None:
        code = Split[side.upper()]
        if (part == code).any():
            return
        events = int((row_part == code).sum())
        raise ConfigError.of(
            f"split.{side}",
            ", ".join(getattr(self, side)),
            problem=f"no sequence is made of what is named here, which has {how_many(events, 'event')}: "
            "too few for a window, or they belong to no session, or to sequences of the other side",
            allowed="inputs of which at least one sequence is made",
            fix="take sequence=line, in which every line is one, or name longer logs",
        )


def fitting(pattern: str, sources: Sequence[str], key: str) -> list[int]:
    """Which inputs a name or a pattern means, in order.

    Args:
        pattern: As for `fnmatch`; case counts.
        sources: Names of the inputs.
        key: The config key that holds it, for messages.

    Raises:
        ConfigError: it means none.
    """
    found = [code for code, name in enumerate(sources) if pattern in (name, "*")]
    found = found or [code for code, name in enumerate(sources) if fnmatchcase(name, pattern)]
    if found:
        return found
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    raise ConfigError.of(
        key,
        pattern,
        problem="no input is named so",
        allowed=f"{', '.join(sources[:_SHOWN])}{more}, or patterns of these",
        fix=did_you_mean(pattern, sources, "name inputs as the list above does"),
    )


def _sides(
    grouping: Grouping, row_part: NDArray[np.uint8]
) -> tuple[Grouping, NDArray[np.uint8], dict[str, Any]]:
    """Each group as one sequence of each part that it has rows of, those that train first.

    The rows of a part follow each other in the new order, so that a group is one stretch of them.
    """
    along = row_part[grouping.order]
    order: list[NDArray[np.int64]] = []
    pieces, parts = [], []
    counts = np.zeros(len(grouping.start), dtype=np.int64)
    sessions = 0
    for one in (Split.TRAIN, Split.TEST, Split.IGNORED):
        before = np.concatenate(([0], np.cumsum(along == one)))
        start, stop = before[grouping.start], before[grouping.stop]
        filled = stop > start
        counts += filled
        between = (grouping.start == grouping.stop) & (start > 0) & (stop < before[-1])
        index = np.flatnonzero(filled | between)
        piece = grouping.take(index)
        base = sum(len(one) for one in order)
        origin = piece.origin
        renumbered = np.cumsum(np.diff(piece.session, prepend=-1) != 0) - 1 + sessions
        pieces.append(
            replace(
                piece,
                start=start[index] + base,
                stop=stop[index] + base,
                session=renumbered,
                origin=None if origin is None else before[origin] + base,
            )
        )
        order.append(grouping.order[along == one])
        parts.append(np.full(len(index), one, dtype=np.uint8))
        sessions += len(np.unique(renumbered))
    return (
        _joined(np.concatenate(order), pieces),
        np.concatenate(parts),
        {"straddlers": int((counts > 1).sum()), "straddlers_dropped": 0},
    )


def _joined(order: NDArray[np.int64], pieces: Sequence[Grouping]) -> Grouping:
    """The sequences of several groupings, one after the other, over one order."""
    first = pieces[0]

    def column(name: str) -> Any:
        columns = [getattr(one, name) for one in pieces]
        return None if columns[0] is None else np.concatenate(columns)

    names = ("start", "stop", "session", "entity", "origin", "lines", "times")
    return replace(first, order=order, **{name: column(name) for name in names})
