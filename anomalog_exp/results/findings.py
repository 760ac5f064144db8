"""Test sequences and events of highest score, with evidence and raw lines: what a person reads first.

Equal sequences of one score appear once, with their number. A long sequence appears by the lines that
the detector blames most, if it says so of single events, and of equal ones by those whose templates are
rarest in training. `findings.json` keeps them; `anomalies.txt` is the same as text.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import NO_TIME, LogDataset
from anomalog_exp.detection.outcome import EventScores, Outcome
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.features.distinct import distinct
from anomalog_exp.features.severity import severity_weights
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = [
    "EventFinding",
    "Findings",
    "Line",
    "SequenceFinding",
    "Verdicts",
    "findings_of",
    "lines_of_rows",
    "telling_rows",
]

_ENTRIES = 20
_LINES = 6
_EVIDENCE = 3
_LINE_LENGTH = 2000
_MORE = 4
"""Lines of a record that are shown besides its first."""


@dataclass(frozen=True)
class Line:
    """One event as it stands in the log.

    Attributes:
        number: Of its first raw line, counted from 0 over all inputs.
        place: Its file and number there, counted from 1, as `app.log:17`.
        text: The raw line, or the template where there is no raw log; at most 2000 characters.
        more: The first lines that continue it, raw.
        time_ms: Unix milliseconds UTC; None without a time.
        source: The input file, where there are several.
        trained: Events of its template that trained.
    """

    number: int
    place: str
    text: str
    more: list[str]
    time_ms: int | None
    source: str | None
    trained: int


@dataclass(frozen=True)
class SequenceFinding:
    """A test sequence of high score.

    Attributes:
        sequence: Its place in the test part, as in `predictions.parquet`.
        score: Higher = more anomalous.
        predicted: Whether it is predicted anomalous.
        abstained: Whether the detector gives no answer.
        label: 0 normal, 1 anomalous, -1 not labelled.
        events: How many it has.
        entity: What all its events belong to, where that is one entity.
        equal: Test sequences of the same content and score, itself among them.
        first: Place of its first line, as `app.log:17`; None where it has no event.
        last: Place of its last event's first line.
        begin_ms: Unix milliseconds UTC of its window of time, else of its earliest event; None without
            times.
        end_ms: The same of the end, else of the latest event.
        reasons: Evidence and its weight, strongest first.
        lines: The lines that stand for it, in order.
        telling: Places in `lines`, the most telling one first.
    """

    sequence: int
    score: float
    predicted: bool
    abstained: bool
    label: int
    events: int
    entity: str | None
    equal: int
    first: str | None
    last: str | None
    begin_ms: int | None
    end_ms: int | None
    reasons: list[tuple[str, float]]
    lines: list[Line]
    telling: list[int]


@dataclass(frozen=True)
class EventFinding:
    """The judged event of highest score of its template; `alike` are the others of this template."""

    score: float
    predicted: bool
    abstained: bool
    label: int
    alike: int
    line: Line


@dataclass(frozen=True)
class Verdicts:
    """How many units of a kind were judged, are different, flagged, not decided, and by what.

    `highest` is the highest score, and `at_highest` says how many units have it.
    """

    judged: int
    different: int
    flagged: int
    abstained: int
    threshold: float
    oracle: bool
    highest: float
    at_highest: int

    @classmethod
    def of(cls, judged: Outcome | EventScores, different: int, oracle: bool) -> Self:
        """Those of scores, of which there is at least one."""
        highest = judged.scores.max()
        return cls(
            judged=len(judged.scores),
            different=different,
            flagged=int(judged.predicted.sum()),
            abstained=0 if judged.abstained is None else int(judged.abstained.sum()),
            threshold=judged.threshold,
            oracle=oracle,
            highest=float(highest),
            at_highest=int(np.count_nonzero(judged.scores == highest)),
        )


@dataclass(frozen=True)
class Findings:
    """What a run found.

    Attributes:
        distinct_training_sequences: Training sequences of different content.
        sequence_verdicts: Of the test sequences; None where there are none.
        sequences: The highest scores, each content once for each score that it has.
        event_verdicts: Of the events; None where none is judged.
        events: The highest scores, each template once.
    """

    distinct_training_sequences: int
    sequence_verdicts: Verdicts | None
    sequences: list[SequenceFinding]
    event_verdicts: Verdicts | None
    events: list[EventFinding]

    def to_json(self) -> dict[str, Any]:
        """What `findings.json` holds; a weight that is no finite number is null."""
        payload = asdict(self)
        for finding in payload["sequences"]:
            finding["reasons"] = [
                {"evidence": text, "weight": weight if math.isfinite(weight) else None}
                for text, weight in finding["reasons"]
            ]
        return payload


def findings_of(sequences: SequenceSet, summary: ModelRunSummary) -> Findings:
    """Pick what scores highest, and read the raw lines of that."""
    train = distinct(sequences).group[sequences.split == Split.TRAIN]
    found, verdicts = _sequences(sequences, summary) if len(summary.test) else ([], None)
    judged = summary.events
    events, event_verdicts = (
        ([], None)
        if judged is None or not len(judged.rows)
        else _events(judged, sequences.dataset, summary)
    )
    return Findings(len(np.unique(train)), verdicts, found, event_verdicts, events)


def _sequences(
    sequences: SequenceSet, summary: ModelRunSummary
) -> tuple[list[SequenceFinding], Verdicts]:
    test = summary.test
    group = distinct(sequences).group[sequences.split == Split.TEST]
    # Sequences of the same templates may differ in their times and values, which some detectors read.
    alike = np.stack([group, np.unique(summary.scores, return_inverse=True)[1]])
    _, first, equal = np.unique(alike, axis=1, return_index=True, return_counts=True)
    ranked = _ranked(test, first, summary.scores[first])[:_ENTRIES]
    chosen, equal = first[ranked], equal[ranked]
    ranked_rows = telling_rows(
        test, chosen, summary.blamed(chosen), summary.judge.vocabulary, _LINES
    )
    rows = [np.sort(one) for one in ranked_rows]
    line_of = lines_of_rows(test.dataset, np.concatenate(rows), summary.judge.vocabulary)
    reasons = summary.explain(chosen, _EVIDENCE)
    found = [
        SequenceFinding(
            sequence=sequence,
            score=float(summary.scores[sequence]),
            predicted=bool(summary.predicted[sequence]),
            abstained=summary.abstained is not None and bool(summary.abstained[sequence]),
            label=int(test.label[sequence]),
            events=int(test.lengths[sequence]),
            entity=test.dataset.entities[entity] if entity >= 0 else None,
            equal=int(equal[rank]),
            **_extent(test, sequence),
            reasons=[(text, float(weight)) for text, weight in reasons[rank]],
            lines=[line_of[row] for row in rows[rank].tolist()],
            telling=np.searchsorted(rows[rank], ranked_rows[rank]).tolist(),
        )
        for rank, sequence in enumerate(chosen.tolist())
        for entity in [int(test.entity[sequence])]
    ]
    return found, Verdicts.of(summary, len(first), summary.oracle)


def _ranked(
    test: SequenceSet, chosen: NDArray[np.int64], scores: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Places in `chosen` by score, the highest first; of equal scores the graver event comes first."""
    least = np.sort(scores)[-_ENTRIES:][0]
    places = np.flatnonzero(scores >= least)
    candidates = test.take(chosen[places])
    weight = np.append(severity_weights(test.dataset), 0.0)
    # An event without weight ends the last sequence; an empty one has none of its own.
    events = np.append(candidates.templates, len(weight) - 1)
    gravest = np.maximum.reduceat(weight[events], candidates.offsets[:-1])
    gravest[candidates.lengths == 0] = 0.0
    return places[np.lexsort((places, -gravest, -scores[places]))]


def _extent(test: SequenceSet, sequence: int) -> dict[str, Any]:
    """Where and when a sequence begins and ends."""
    dataset = test.dataset
    rows = test.order[test.start[sequence] : test.stop[sequence]]
    lines, times = dataset.line[rows], dataset.time_ms[rows]
    timed = times[times != NO_TIME] if test.times is None else test.times[sequence]
    return {
        "first": str(dataset.place(int(lines.min()))) if len(rows) else None,
        "last": str(dataset.place(int(lines.max()))) if len(rows) else None,
        "begin_ms": int(timed.min()) if len(timed) else None,
        "end_ms": int(timed.max()) if len(timed) else None,
    }


def _events(
    events: EventScores, dataset: LogDataset, summary: ModelRunSummary
) -> tuple[list[EventFinding], Verdicts]:
    ranked = np.argsort(-events.scores, kind="stable")
    template = dataset.template[events.rows[ranked]]
    _, first, alike = np.unique(template, return_index=True, return_counts=True)
    best = np.argsort(first)[:_ENTRIES]
    chosen = ranked[first[best]]
    line_of = lines_of_rows(dataset, events.rows[chosen], summary.judge.vocabulary)
    found = [
        EventFinding(
            score=float(events.scores[event]),
            predicted=bool(events.predicted[event]),
            abstained=events.abstained is not None and bool(events.abstained[event]),
            label=int(dataset.label[row]),
            alike=others,
            line=line_of[row],
        )
        for event, others in zip(chosen.tolist(), (alike[best] - 1).tolist(), strict=True)
        for row in [int(events.rows[event])]
    ]
    return found, Verdicts.of(events, len(first), summary.oracle)


def lines_of_rows(
    dataset: LogDataset, rows: NDArray[np.int64], vocabulary: Vocabulary
) -> dict[int, Line]:
    """The line of each row; `vocabulary` says how much training showed of its template."""
    trained = vocabulary.shown(dataset.templates)[dataset.template[rows]].tolist()
    numbers = dataset.line[rows].tolist()
    times = dataset.time_ms[rows].tolist()
    several = len(dataset.sources) > 1
    sources = [dataset.sources[code] if several else None for code in dataset.source[rows].tolist()]
    raw, more = dataset.raw_lines(numbers), dataset.continued(rows, _MORE)
    return {
        row: Line(
            number,
            str(dataset.place(number)),
            raw.get(number, dataset.templates[dataset.template[row]])[:_LINE_LENGTH],
            [line[:_LINE_LENGTH] for line in more.get(row, [])],
            None if time == NO_TIME else time,
            source,
            shown,
        )
        for row, number, time, source, shown in zip(
            rows.tolist(), numbers, times, sources, trained, strict=True
        )
    }


def telling_rows(
    test: SequenceSet,
    chosen: NDArray[np.int64],
    blame: NDArray[np.float64] | None,
    trained: Vocabulary,
    most: int,
) -> list[NDArray[np.int64]]:
    """(chosen sequences,) the dataset rows by which each of them appears, the most telling one first.

    Args:
        test: The sequences that `chosen` counts.
        chosen: Places in `test`.
        blame: (events of the chosen sequences,) how much each is behind the score of its sequence; None
            where the detector does not say.
        trained: Says how rare a template is, which decides between events of equal blame. First stands
            an event of each template that is blamed, then the others of these, then what is not.
        most: Rows of each.
    """
    shown = test.take(chosen)
    rows, offsets = shown.rows, shown.offsets
    template = test.dataset.template[rows]
    seen = trained.shown(test.dataset.templates)[template]
    blamed = np.zeros(len(rows)) if blame is None else -blame
    rows_of = []
    for begin, end in pairwise(offsets.tolist()):
        here = slice(begin, end)
        ranked = np.lexsort((seen[here], blamed[here]))
        # One line of each template says more than six of the first one.
        again = _how_often_before(template[here][ranked])
        ranked = ranked[np.lexsort((again, blamed[here][ranked] == 0))[:most]]
        rows_of.append(rows[here][ranked])
    return rows_of


def _how_often_before(codes: NDArray[np.integer]) -> NDArray[np.int64]:
    """(codes,) how many equal ones stand before each."""
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.diff(codes[order], prepend=codes[order][:1] - 1))
    lengths = np.diff(np.append(begins, len(codes)))
    before = np.empty(len(codes), dtype=np.int64)
    before[order] = np.arange(len(codes)) - np.repeat(begins, lengths)
    return before
