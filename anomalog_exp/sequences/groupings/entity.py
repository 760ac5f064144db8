"""One session per entity, whole or in windows of its events.

A counting sort groups the events: the sparse matrix (events x entities), transposed, lists each
entity's events in line order, in linear time and without comparing anything.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.sparse import csr_matrix, get_index_dtype

from anomalog_exp.data.dataset import NO_TIME, LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
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
    belongs = dataset.entity >= 0
    if not belongs.any():
        raise ConfigError.of(
            "sequence",
            config.name,
            problem="no line of this log belongs to an entity",
            allowed="a log whose parser finds entities",
            fix="use sequence=fixed, or tell the parser where entities stand (entity_field, "
            "entity_pattern)",
        )
    rows = None if belongs.all() else np.flatnonzero(belongs)
    entity = dataset.entity if rows is None else dataset.entity[rows]
    by_entity, border = counting_sort(entity, dataset.n_entities)
    if rows is not None:
        by_entity = rows[by_entity]
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
        dropped_rows={"rows_without_entity": dataset.n_events - len(entity)},
    )


def counting_sort(
    codes: NDArray[np.int32], kinds: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stable order of `codes`, and where in it each code from 0 to `kinds` begins."""
    n = len(codes)
    # Scipy counts in the type of the pointer; the narrower one is half the memory.
    narrow = get_index_dtype(maxval=n)
    pointer = np.arange(n + 1, dtype=narrow)
    ones = np.ones(n, dtype=np.int8)
    grouped = csr_matrix(
        (ones, codes.astype(narrow, copy=False), pointer), shape=(n, kinds)
    ).tocsc()
    return grouped.indices.astype(np.int64), grouped.indptr.astype(np.int64)


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
