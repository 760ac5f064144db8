"""One session per entity, whole or in windows of its events.

A counting sort groups the events, some millions at a time: the sparse matrix (events x entities),
transposed, lists each entity's events in line order, in linear time and without comparing anything.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.sparse import csr_matrix

from anomalog_exp.data.dataset import NO_TIME, LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["EntitySequenceConfig", "group_by_entity", "window_starts"]


class EntitySequenceConfig(SequenceConfigBase):
    """One session per entity, whole or cut into windows of its events."""

    name: Literal["entity"]
    window_size: Count | None = Field(description="events per window; null keeps the whole session")
    step: Count | None = Field(description="events between window starts; null = window_size")
    continuous_context: bool = Field(description="model state carries over between the windows")

    @model_validator(mode="after")
    def _no_event_is_skipped(self) -> Self:
        if self.step is not None and self.step > (self.window_size or 0):
            raise ConfigError.of(
                "sequence.step",
                self.step,
                problem="windows this far apart would skip events of a session",
                allowed="null without a window_size"
                if self.window_size is None
                else f"null, or 1 to window_size ({self.window_size})",
                fix="lower sequence.step, or set sequence.window_size at least as large",
            )
        return self

    def group(self, dataset: LogDataset) -> Grouping:
        return group_by_entity(dataset, self)


def group_by_entity(dataset: LogDataset, config: EntitySequenceConfig) -> Grouping:
    """Sessions, ordered by (time missing?, first time, first line, entity text); then windows.

    The first line of an entity is nobody else's, so its text never decides.

    Raises:
        ConfigError: no row of the log belongs to an entity.
    """
    by_entity, border = counting_sort(dataset.entity, dataset.n_entities)
    if not len(by_entity):
        raise ConfigError.of(
            "sequence",
            config.name,
            problem="no line of this log belongs to an entity",
            allowed="a log whose parser finds entities",
            fix="use sequence=fixed, or tell the parser where entities stand (entity_field, "
            "entity_pattern)",
        )
    present = np.flatnonzero(np.diff(border))
    first = by_entity[border[present]]
    first_time = dataset.time_ms[first]
    ranked = present[np.lexsort((first, first_time, first_time == NO_TIME))]

    start, stop = border[ranked], border[ranked + 1]
    origin = start
    session = np.arange(len(ranked))
    if config.window_size is not None:
        begin, end, session = window_starts(stop - start, config.window_size, config.step)
        start, stop = start[session] + begin, start[session] + end
    return Grouping(
        order=by_entity,
        start=start,
        stop=stop,
        session=session,
        entity=ranked[session].astype(np.int32),
        origin=origin[session] if config.continuous_context else None,
        unit=EvaluationUnit.SEQUENCE if config.window_size is None else EvaluationUnit.WINDOW,
        dropped_rows={"rows_without_entity": dataset.n_events - len(by_entity)},
    )


def counting_sort(
    codes: NDArray[np.int32], kinds: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of `codes` by code, in order; and where each code from 0 to `kinds` begins.

    Args:
        codes: (places,) from 0 to kinds - 1; negative ones take no part.
        kinds: How many codes there are.
    """
    count = np.zeros(kinds, dtype=np.int64)
    for part in scratch.portions(len(codes)):
        count += np.bincount(codes[part][codes[part] >= 0], minlength=kinds)
    border = np.concatenate(([0], np.cumsum(count)))
    by_code, free = scratch.empty(int(border[-1]), np.int64), border[:-1].copy()
    for part in scratch.portions(len(codes)):
        place, begin = _sorted_places(codes[part], kinds)
        size = np.diff(begin)
        by_code[np.repeat(free - begin[:-1], size) + np.arange(len(place))] = (
            place.astype(np.int64) + part.start
        )
        free += size
    return by_code, border


def _sorted_places(
    codes: NDArray[np.int32], kinds: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The same of codes that fit in memory."""
    there = codes >= 0
    row = np.concatenate(([0], np.cumsum(there, dtype=np.int32)))
    matrix = csr_matrix(
        (np.ones(row[-1], dtype=np.int8), codes[there], row), shape=(len(codes), kinds)
    )
    by_code = matrix.tocsc()
    return by_code.indices, by_code.indptr


def window_starts(
    lengths: NDArray[np.int64], window_size: int, step: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Windows of sessions: begin and end within the session, and the session of each.

    Windows begin every `step` events until one reaches the session's end; that one may be shorter, and
    a session shorter than the window is one window. As step <= window_size, every event is in one.
    """
    step = step or window_size
    count = np.maximum(0, -(-(lengths - window_size) // step)) + 1
    session = np.repeat(np.arange(len(lengths)), count)
    nth = np.arange(len(session)) - np.repeat(np.cumsum(count) - count, count)
    begin = nth * step
    return begin, np.minimum(begin + window_size, lengths[session]), session
