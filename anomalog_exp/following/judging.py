"""Findings: what a judge makes of sequences in memory, as JSON objects.

Keys that `findings.json` has mean the same here. Only what is anomalous has reasons and lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME, UNLABELLED
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.places import Places
from anomalog_exp.data.templates.miners.base import dense_codes
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.detection.outcome import EventScores, Outcome
from anomalog_exp.following.complete import Complete
from anomalog_exp.following.values import HeldValues
from anomalog_exp.results.bundle import Bundle
from anomalog_exp.results.findings import telling_rows
from anomalog_exp.sequences.groupings.any import SequenceConfig
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FollowJudge"]

_LINES: Final = 6
_EVIDENCE: Final = 3


@dataclass(frozen=True, eq=False)
class _Judged:
    """Sequences that were judged.

    Attributes:
        complete: What was complete.
        sequences: The same for a detector.
        outcome: What came of it.
        places: Where lines stand.
    """

    complete: Complete
    sequences: SequenceSet
    outcome: Outcome
    places: Places


class FollowJudge:
    """Judges complete sequences with a bundle."""

    def __init__(self, bundle: Bundle, *, every: bool) -> None:
        """Args:
        bundle: What judges.
        every: Give all that is judged, not only what is anomalous.
        """
        self._events = not _overlap(bundle.manifest.sequence)
        self._judge = bundle.judge
        self._templates = bundle.templates.texts
        self._known = frozenset(self._templates)
        self._every = every
        self._values = (
            HeldValues(self._templates, bundle.templates.config)
            if bundle.judge.config.reads_parameters
            else None
        )

    def findings(self, complete: Complete, places: Places) -> list[dict[str, Any]]:
        """What is to be written of the sequences, in their order; of single events behind them.

        Args:
            complete: The sequences.
            places: Where lines stand.

        Raises:
            TypeError: the detector breaks the score contract.
        """
        sequences = self._sequences(complete)
        judged = _Judged(complete, sequences, self._judge.judge(sequences), places)
        found = [*self._found_sequences(judged)]
        events = judged.outcome.events
        if events is not None and self._events:
            found += self._found_events(judged, events)
        return found

    def _sequences(self, complete: Complete) -> SequenceSet:
        rows, size = complete.rows, len(complete.rows)
        template, templates = self._named(rows)
        values = None if self._values is None else self._values.of(rows["message"], template)
        dataset = LogDataset(
            Path(),
            line=rows["line"].to_numpy(),
            time_ms=rows["time_ms"].to_numpy(),
            entity=np.full(size, -1, dtype=np.int32),
            template=template,
            label=np.full(size, UNLABELLED, dtype=np.int8),
            level=rows["level"].to_numpy(),
            source=np.zeros(size, dtype=np.int16),
            templates=templates,
            entity_label=np.empty(0, dtype=np.int8),
            manifest={},
            parameters=values,
        )
        count = len(complete.start)
        return SequenceSet(
            dataset=dataset,
            order=np.arange(size, dtype=np.int64),
            start=complete.start,
            stop=complete.stop,
            label=np.full(count, UNLABELLED, dtype=np.int8),
            split=np.full(count, Split.TEST, dtype=np.uint8),
            entity=np.full(count, -1, dtype=np.int32),
            origin=complete.origin,
            times=complete.times,
            log_end_ms=complete.log_end_ms,
            unit=complete.unit,
        )

    def _named(self, rows: pl.DataFrame) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """The template of each row and their texts, where raw lines name what fits no template.

        Nothing is mined while a log grows: each such line is a kind of its own behind `<unknown>`.
        """
        template = rows["template"].to_numpy()
        unknown = np.flatnonzero(template == len(self._templates) - 1)
        if not len(unknown):
            return template, self._templates
        held = rows["text"].gather(unknown).fill_null(UNKNOWN_TEMPLATE).to_list()
        texts, text_of = dense_codes([UNKNOWN_TEMPLATE if t in self._known else t for t in held])
        template = np.array(template)
        template[unknown] = len(self._templates) + text_of
        return template, (*self._templates, *texts)

    def _found_sequences(self, judged: _Judged) -> Iterator[dict[str, Any]]:
        outcome, sequences = judged.outcome, judged.sequences
        anomalous = np.flatnonzero(outcome.predicted)
        chosen = np.arange(len(sequences)) if self._every else anomalous
        found = sequences.take(anomalous)
        reasons = self._judge.explain(found, _EVIDENCE) if len(anomalous) else []
        blame = self._judge.blamed(found) if len(anomalous) else None
        telling = telling_rows(sequences, anomalous, blame, self._judge.vocabulary, _LINES)
        rows = [np.sort(one) for one in telling]
        lines = self._lines(judged, rows)
        shown = dict(zip(anomalous.tolist(), zip(lines, reasons, strict=True), strict=True))
        entity = judged.complete.entity
        for sequence in chosen.tolist():
            held, why = shown.get(sequence, ([], []))
            yield {
                "kind": "sequence",
                "score": float(outcome.scores[sequence]),
                "threshold": outcome.threshold,
                "predicted": bool(outcome.predicted[sequence]),
                **_abstained(outcome, sequence),
                "entity": None if entity is None else entity[sequence],
                "events": int(sequences.lengths[sequence]),
                **_extent(judged, sequence),
                "reasons": [
                    {"evidence": text, "weight": float(weight) if math.isfinite(weight) else None}
                    for text, weight in why
                ],
                "lines": held,
            }

    def _found_events(self, judged: _Judged, events: EventScores) -> Iterator[dict[str, Any]]:
        chosen = np.arange(len(events.rows)) if self._every else np.flatnonzero(events.predicted)
        (lines,) = self._lines(judged, [events.rows[chosen]])
        for event, line in zip(chosen.tolist(), lines, strict=True):
            yield {
                "kind": "event",
                "score": float(events.scores[event]),
                "threshold": events.threshold,
                "predicted": bool(events.predicted[event]),
                **_abstained(events, event),
                "line": line,
            }

    def _lines(
        self, judged: _Judged, rows: Sequence[NDArray[np.int64]]
    ) -> list[list[dict[str, Any]]]:
        """The lines of some rows each; a template stands for a raw line that is not held any more."""
        if not len(rows):
            return []
        chosen = judged.complete.rows[np.concatenate(rows)]
        found = []
        for line, time_ms, template, text in zip(
            *(chosen[name].to_list() for name in ("line", "time_ms", "template", "text")),
            strict=True,
        ):
            first, *more = (text or self._templates[template]).split("\n")
            found.append(
                {
                    "place": str(judged.places.of(line)),
                    "time_ms": None if time_ms == NO_TIME else time_ms,
                    "text": first,
                    "more": more,
                    "template": self._templates[template],
                }
            )
        ends = np.cumsum([0, *map(len, rows)]).tolist()
        return [found[begin:end] for begin, end in pairwise(ends)]


def _extent(judged: _Judged, sequence: int) -> dict[str, Any]:
    """Where and when a sequence begins and ends."""
    dataset, sequences = judged.sequences.dataset, judged.sequences
    inside = slice(int(sequences.start[sequence]), int(sequences.stop[sequence]))
    lines, times = dataset.line[inside], dataset.time_ms[inside]
    timed = times[times != NO_TIME] if sequences.times is None else sequences.times[sequence]
    return {
        "first": str(judged.places.of(int(lines.min()))) if len(lines) else None,
        "last": str(judged.places.of(int(lines.max()))) if len(lines) else None,
        "begin_ms": int(timed.min()) if len(timed) else None,
        "end_ms": int(timed.max()) if len(timed) else None,
    }


def _overlap(config: SequenceConfig) -> bool:
    """Whether sequences share events, which are then judged several times, at different times."""
    match config:
        case EntitySequenceConfig() | FixedSequenceConfig():
            size = config.window_size
        case TimeSequenceConfig():
            size = config.time_span_ms
        case _:
            return False
    return config.step is not None and config.step < (size or 0)


def _abstained(judged: Outcome | EventScores, unit: int) -> dict[str, bool]:
    """Whether the detector gives no answer, of detectors that may abstain."""
    return {} if judged.abstained is None else {"abstained": bool(judged.abstained[unit])}
