"""Event timing: how far the time between events is outside what normal training saw.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024, on inter-arrival
times. For each pair of templates that follow one another, or each template after whatever came before,
training gives the shortest and the longest interval. Score: the largest distance of an interval from
its range, in nats of 1 + interval / resolution: a second more matters after one, not after a thousand,
and less than the clock of the log resolves matters little. 0 inside.

What training never saw says nothing here: it is the business of other detectors. Events without a time
take no part, and the next one's interval reaches back over them; a step back in time counts as none.
Deviations: the code of the paper measures what is outside relative to the longer of interval and border,
where logarithms tell 10 times as long from 1,000 times; ranges per template are an addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.intervals import last_timed
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "EventTimingDetector"]


class Config(ExperimentModelConfig):
    """Options of event timing."""

    name: Literal["event_timing"]
    ranges: Literal["pair", "event"] = Field(description="what has a range of its own")
    resolution_ms: Count = Field(description="what the clock of the log tells apart")

    def build_detector(self) -> EventTimingDetector:
        return EventTimingDetector(self)


@dataclass(frozen=True, eq=False)
class _Intervals:
    """The intervals of a SequenceSet, for events that have one.

    Attributes:
        event: (intervals,) int64 place among the events, sequence by sequence.
        before: (intervals,) int64 template of the event before.
        after: (intervals,) int64 template of the event itself.
        ms: (intervals,) int64, 0 or more.
    """

    event: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    ms: NDArray[np.int64]


class EventTimingDetector(Detector):
    """Scores sequences by their intervals outside the trained ranges."""

    config: Config
    _keys: Annotated[NDArray[np.int64], "ranges"]
    _shortest: Annotated[NDArray[np.int64], "ranges"]
    _longest: Annotated[NDArray[np.int64], "ranges"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train)
        intervals = _intervals(normal)
        learned = normal.may_train[intervals.event]
        if not learned.any():
            raise NotApplicable(
                f"{self.name} needs events with times in train, two of a sequence at least"
            )
        keys, ms = self._key(intervals, train)[learned], intervals.ms[learned]
        order = np.lexsort((ms, keys))
        self._keys, first, count = np.unique(keys[order], return_index=True, return_counts=True)
        self._shortest = ms[order[first]]
        self._longest = ms[order[first + count - 1]]

    def _key(self, intervals: _Intervals, sequences: SequenceSet) -> NDArray[np.int64]:
        """(intervals,) int64 what each interval is compared within."""
        if self.config.ranges == "event":
            return intervals.after
        return intervals.before * len(sequences.dataset.templates) + intervals.after

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = np.zeros(len(sequences))
        owner = np.repeat(np.arange(len(sequences)), sequences.lengths)
        np.maximum.at(scores, owner, self.score_events(sequences))
        return scores

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        intervals = _intervals(sequences)
        scores = np.zeros(sequences.offsets[-1])
        scores[intervals.event] = self._excess(intervals, sequences)[0]
        return scores

    def _excess(
        self, intervals: _Intervals, sequences: SequenceSet
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(intervals,) nats outside the range, and the place of the range."""
        keys = self._key(intervals, sequences)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[place] == keys
        # Decided in whole milliseconds: what trained is inside, whatever logarithms round to.
        nearest = np.clip(intervals.ms, self._shortest[place], self._longest[place])
        outside = known & (nearest != intervals.ms)
        excess, resolution = np.zeros(len(keys)), self.config.resolution_ms
        here, there = (np.log1p(ms[outside] / resolution) for ms in (intervals.ms, nearest))
        excess[outside] = np.abs(here - there)
        return excess, place

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The intervals farthest outside, with their ranges."""
        intervals = _intervals(sequences)
        excess, place = self._excess(intervals, sequences)
        names = sequences.dataset.templates
        borders = np.searchsorted(intervals.event, sequences.offsets)
        explained = []
        for start, stop in pairwise(borders.tolist()):
            ranked = np.argsort(-excess[start:stop], kind="stable")[:top] + start
            explained.append(
                [
                    (
                        f"{names[intervals.before[i]]} -> {names[intervals.after[i]]} after "
                        f"{_seconds(intervals.ms[i])}, training has "
                        f"{_seconds(self._shortest[place[i]])} to {_seconds(self._longest[place[i]])}",
                        float(excess[i]),
                    )
                    for i in ranked
                    if excess[i] > 0
                ]
            )
        return explained

    def manifest(self) -> dict[str, object]:
        """How many ranges were learned."""
        return {"ranges_learned": len(self._keys)}


def _intervals(sequences: SequenceSet) -> _Intervals:
    """Times since the event before, back to where the state of the sequence comes from."""
    dataset, order = sequences.dataset, sequences.order
    time = dataset.time_ms[order]
    timed = time != NO_TIME
    last = last_timed(time)
    shift = np.repeat(sequences.start - sequences.offsets[:-1], sequences.lengths)
    place = np.arange(sequences.offsets[-1]) + shift
    origin = sequences.start if sequences.origin is None else sequences.origin
    event = np.flatnonzero(timed[place] & (last[place] >= np.repeat(origin, sequences.lengths)))
    here = place[event]
    there = last[here]
    return _Intervals(
        event,
        dataset.template[order[there]].astype(np.int64),
        dataset.template[order[here]].astype(np.int64),
        np.maximum(time[here] - time[there], 0),
    )


def _seconds(ms: np.int64) -> str:
    return f"{ms / 1000:g} s"
