"""SequenceSet: sequences as index arithmetic over the columns of a LogDataset.

`order` lists event positions; a sequence is the run `order[start:stop]`. Overlapping windows share
one `order`: a window is two numbers, not a copy. Nothing here holds events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import UNLABELLED, LogDataset
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.coverage import union_size

__all__ = ["SequenceSet", "Split", "count_by_part", "end_of_log"]


class Split(IntEnum):
    """Which part of a run a sequence belongs to."""

    TRAIN = 0
    IGNORED = 1
    TEST = 2
    VALIDATION = 3


def end_of_log(last_ms: int) -> int:
    """One past the last millisecond that a log covers whose latest event has this time.

    An event at a whole second is one of a log in seconds, which covers that second to its end.
    """
    return last_ms + (1 if last_ms % 1000 else 1000)


def count_by_part(parts: NDArray[np.uint8]) -> dict[str, int]:
    """How many of `parts`, which are values of `Split`, are which."""
    return {part.name.lower(): int((parts == part).sum()) for part in Split}


@dataclass(frozen=True, eq=False)
class SequenceSet:
    """Sequences over a dataset.

    Attributes:
        dataset: The columns that `order` points into.
        order: (positions,) int64, event positions; a grouping decides their order.
        start: (sequences,) int64, first index into `order`.
        stop: (sequences,) int64, one past the last index into `order`.
        label: (sequences,) int8, 0 normal, 1 anomalous, -1 nothing in it is labelled.
        split: (sequences,) uint8, values of `Split`.
        entity: (sequences,) int32, the entity all its events share, or -1.
        origin: (sequences,) int64, first index into `order` from which model state carries over into the
            sequence; None where nothing carries over.
        times: (sequences, 2) int64, begin and end in Unix milliseconds, where they are windows of time.
        log_end_ms: One past the last millisecond that the log covers, where more of it was read than the
            data set holds; None: as far as that of its latest event.
        train_events: (events,) bool over dataset rows that may be learned from, or None for all of them:
            those of the training part by a fit, those of the validation part by what is chosen after it.
        evaluation_events: (events,) bool over dataset rows that are evaluated, or None for all.
        unit: What one sequence is: a whole session, a window, or a chunk of a stream.
        labels_from: Whose labels the sequences inherit.
        report: Requested and realised figures of grouping and split, JSON-ready; output only.
    """

    dataset: LogDataset
    order: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    label: NDArray[np.int8]
    split: NDArray[np.uint8]
    entity: NDArray[np.int32]
    origin: NDArray[np.int64] | None = None
    times: NDArray[np.int64] | None = None
    log_end_ms: int | None = None
    train_events: NDArray[np.bool_] | None = None
    evaluation_events: NDArray[np.bool_] | None = None
    unit: EvaluationUnit = EvaluationUnit.SEQUENCE
    labels_from: Literal["events", "entities"] = "entities"
    report: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(sequences,) events per sequence."""
        return self.stop - self.start

    @cached_property
    def covered(self) -> NDArray[np.float64]:
        """(sequences,) the share of each window of time that the log covers; 1 for what is none."""
        if self.times is None:
            return np.ones(len(self))
        begin, end = self.times.T
        log_end = self.log_end_ms
        if log_end is None:
            log_end = end_of_log(int(np.max(self.dataset.time_ms)))
        return np.clip((log_end - begin) / (end - begin), 0.0, 1.0)

    @property
    def events_held(self) -> int:
        """How many events are in at least one of the sequences: windows may overlap."""
        return union_size(self.start, self.stop)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Self:
        """The chosen sequences (a mask, indices or a slice) over the same `order`."""
        return replace(
            self,
            start=self.start[chosen],
            stop=self.stop[chosen],
            label=self.label[chosen],
            split=self.split[chosen],
            entity=self.entity[chosen],
            origin=None if self.origin is None else self.origin[chosen],
            times=None if self.times is None else self.times[chosen],
        )

    def portions(self, events: int) -> Iterator[Self]:
        """The sequences in turn, cut into sets of about so many events each.

        What is computed of a portion at a time stays in the processor's cache, and overlapping windows,
        which hold their events many times over, are never laid out all at once.
        """
        if self.offsets[-1] <= events:
            yield self
            return
        cuts = np.arange(events, self.offsets[-1], events)
        borders = np.unique(np.searchsorted(self.offsets[:-1], np.append(cuts, np.inf)))
        for begin, end in pairwise([0, *borders.tolist()]):
            yield self.take(slice(begin, end))

    def part(self, split: Split) -> Self:
        """The sequences of one split."""
        return self.take(self.split == split)

    def evaluated(self) -> Self:
        """The test sequences and, in a stream, training chunks that also hold events to evaluate."""
        chosen = self.split == Split.TEST
        if self.evaluation_events is not None:
            evaluated = scratch.gathered(self.evaluation_events, self.order)
            running = scratch.running_count(evaluated.__getitem__, len(evaluated))
            chosen |= running[self.stop] > running[self.start]
        return self.take(chosen)

    def unlabelled(self) -> Self:
        """The same sequences with every label hidden, as a detector sees what it scores."""
        return replace(self, label=np.full_like(self.label, UNLABELLED))

    def normal(self) -> Self:
        """What detectors of the normal learn from: the sequences not labelled anomalous.

        Where single events may train (`train_events`), all sequences are; see `may_train`.
        """
        return self if self.train_events is not None else self.take(self.label != 1)

    def trainable(self) -> Self:
        """The same sequences without the events that may not train, for who needs no context."""
        if self.train_events is None:
            return self
        kept = scratch.running_count(self.may_train.__getitem__, len(self.may_train))[self.offsets]
        kept = kept.astype(np.int64)
        return replace(
            self, order=self.rows[self.may_train], start=kept[:-1], stop=kept[1:], origin=None
        )

    @cached_property
    def may_train(self) -> NDArray[np.bool_]:
        """(sum of lengths,) which events may train, sequence by sequence."""
        if self.train_events is None:
            return np.ones(self.offsets[-1], dtype=bool)
        return scratch.gathered(self.train_events, self.rows)

    def trainable_counts(self) -> NDArray[np.int64]:
        """(templates,) how many events that may train each template has."""
        count = np.zeros(len(self.dataset.templates), dtype=np.int64)
        for part in self.portions(scratch.PORTION):
            count += np.bincount(part.templates[part.may_train], minlength=len(count))
        return count

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """(sequences + 1,) borders of the sequences in `rows` and in everything gathered by it."""
        return np.concatenate(([0], np.cumsum(self.lengths)))

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """(sum of lengths,) dataset rows of all events, sequence by sequence.

        Adjoining sequences are a slice of `order`; overlapping ones repeat their events.
        """
        if len(self) and np.array_equal(self.start[1:], self.stop[:-1]):
            return self.order[self.start[0] : self.stop[-1]]
        if self.offsets[-1] <= scratch.PORTION:
            return self._gathered()
        parts = (part._gathered() for part in self.portions(scratch.PORTION))
        return scratch.joined(parts, self.offsets[-1], np.int64)

    def _gathered(self) -> NDArray[np.int64]:
        """The same, laid out in memory."""
        filled = self.lengths > 0
        start, stop, offset = self.start[filled], self.stop[filled], self.offsets[:-1][filled]
        # From each event to the next it is one place on, or a jump to where a sequence starts.
        place = np.ones(self.offsets[-1], dtype=np.int64)
        place[offset] = start - np.append(0, stop[:-1] - 1)
        return self.order[np.cumsum(place, out=place)]

    @cached_property
    def templates(self) -> NDArray[np.int32]:
        """(sum of lengths,) template codes of all events, sequence by sequence; see `offsets`."""
        return scratch.gathered(self.dataset.template, self.rows)
