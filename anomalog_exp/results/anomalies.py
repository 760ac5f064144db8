"""The test sequences that score highest, with evidence and raw lines: what a person reads first.

Equal sequences appear once, with their number. A long sequence appears by the lines whose templates are
rarest in training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.features.distinct import distinct
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["anomaly_report", "line_texts", "rarest_rows"]

_ENTRIES = 20
_LINES = 6
_LINE_LENGTH = 240
_EVIDENCE = 3
_ORACLE = " (an oracle: it has seen the test labels)"
_LABELS = {1: "labelled anomalous", 0: "labelled normal", -1: "unlabelled"}


def anomaly_report(sequences: SequenceSet, summary: ModelRunSummary) -> str:
    """The report as text."""
    parts = [_sequence_report(sequences, summary)] if len(summary.test) else []
    parts = ["Lines are counted from 0.\n", *parts]
    if summary.events is not None:
        parts.append(_event_report(summary.events, sequences.dataset))
    return "\n".join(parts)


def _sequence_report(sequences: SequenceSet, summary: ModelRunSummary) -> str:
    test = summary.test
    group = distinct(sequences).group[sequences.split == Split.TEST]
    _, first, equal = np.unique(group, return_index=True, return_counts=True)
    ranked = np.argsort(-summary.scores[first], kind="stable")[:_ENTRIES]
    chosen, equal = first[ranked], equal[ranked]
    rows = rarest_rows(sequences, test, chosen, _LINES)
    line_of = line_texts(test.dataset, np.concatenate(rows))
    lines = [
        f"{len(ranked)} distinct test sequences of highest score, of {len(first):,} distinct among "
        f"{len(test):,}; {int(summary.predicted.sum()):,} score above the threshold of "
        f"{summary.threshold:.6g}{_ORACLE if summary.oracle else ''}\n"
    ]
    explanations = summary.explain(chosen, _EVIDENCE)
    for rank, sequence in enumerate(chosen.tolist()):
        lines.append(f"#{rank + 1}  {_heading(summary, sequence, int(equal[rank]))}")
        lines += [f"    {weight:8.3f}  {text}" for text, weight in explanations[rank]]
        lines += [f"    {line_of[row]}" for row in rows[rank].tolist()]
        rest = int(test.lengths[sequence]) - len(rows[rank])
        lines.append(f"    and {rest} more lines\n" if rest else "")
    return "\n".join(lines)


def _event_report(events: EventScores, dataset: LogDataset) -> str:
    """Judged events of highest score, each template once."""
    ranked = np.argsort(-events.scores, kind="stable")
    template = dataset.template[events.rows[ranked]]
    _, first, alike = np.unique(template, return_index=True, return_counts=True)
    best = np.argsort(first)[:_ENTRIES]
    chosen = ranked[first[best]]
    line_of = line_texts(dataset, events.rows[chosen])
    lines = [
        f"{len(chosen)} templates with the events of highest score, among {len(events.rows):,} judged "
        f"events; {int(events.predicted.sum()):,} score above the threshold of {events.threshold:.6g}\n"
    ]
    for event, others in zip(chosen.tolist(), (alike[best] - 1).tolist(), strict=True):
        row = int(events.rows[event])
        verdict = "anomalous" if events.predicted[event] else "normal"
        label = _LABELS[int(dataset.label[row])]
        lines.append(f"score {events.scores[event]:.6g}, predicted {verdict}, {label}")
        lines.append(f"    {line_of[row]}")
        lines.append(f"    and {others:,} more events of this template\n" if others else "")
    return "\n".join(lines)


def line_texts(dataset: LogDataset, rows: NDArray[np.int64]) -> dict[int, str]:
    """Line number and text of each row: the raw line, or the template where there is none."""
    numbers = dataset.line[rows].tolist()
    raw = dataset.raw_lines(numbers)
    texts = {}
    for row, number in zip(rows.tolist(), numbers, strict=True):
        text = raw.get(number, dataset.templates[dataset.template[row]])
        texts[row] = f"line {number}: {text[:_LINE_LENGTH]}"
    return texts


def _heading(summary: ModelRunSummary, sequence: int, equal: int) -> str:
    test = summary.test
    entity = int(test.entity[sequence])
    parts = [
        f"score {summary.scores[sequence]:.6g}",
        "predicted anomalous" if summary.predicted[sequence] else "predicted normal",
        _LABELS[int(test.label[sequence])],
        f"{int(test.lengths[sequence])} events",
    ]
    if entity >= 0:
        parts.append(test.dataset.entities[entity])
    if equal > 1:
        parts.append(f"and {equal - 1} equal sequences")
    return ", ".join(parts)


def rarest_rows(
    sequences: SequenceSet, test: SequenceSet, chosen: NDArray[np.int64], most: int
) -> list[NDArray[np.int64]]:
    """(chosen sequences,) the dataset rows by which each of them appears, in line order.

    Args:
        sequences: All of them: what is rare is decided by those that train.
        test: Those that `chosen` counts.
        chosen: Places in `test`.
        most: Rows of each.
    """
    dataset = sequences.dataset
    seen = np.bincount(sequences.part(Split.TRAIN).templates, minlength=len(dataset.templates))
    rows_of = []
    for sequence in chosen:
        rows = test.order[test.start[sequence] : test.stop[sequence]]
        rarest = np.argsort(seen[dataset.template[rows]], kind="stable")[:most]
        rows_of.append(rows[np.sort(rarest)])
    return rows_of
