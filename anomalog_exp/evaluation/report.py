"""The metric report of a run: one block per scope, and which of them leads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.outcome import EventScores, ModelRunSummary
from anomalog_exp.evaluation.blocks import detection_block, headline, not_applicable_block
from anomalog_exp.evaluation.metrics import confusion
from anomalog_exp.evaluation.next_event import next_event_block
from anomalog_exp.features.distinct import distinct
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus
from anomalog_exp.sequences.labels import row_labels
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["evaluate", "primary_block"]

_DIGITS = 8

_TRIAGE = "the detector groups nothing for review"
_NOT_MEASURED = {
    MetricScope.EVENT_LEVEL_DETECTION: "the detector scores no single events, or none is labelled",
    MetricScope.WINDOW_LEVEL_DETECTION: "the events are not grouped into windows",
    MetricScope.STREAM_LEVEL_DETECTION: "the events are not grouped as a stream",
    MetricScope.NEXT_EVENT_PREDICTION: "the detector predicts no next events",
    MetricScope.CLUSTER_LEVEL_TRIAGE: _TRIAGE,
    MetricScope.MANUAL_WORKLOAD_REDUCTION: _TRIAGE,
    MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION: _TRIAGE,
}

_STREAMS = (
    EvaluationUnit.EVENT,
    EvaluationUnit.STREAM,
    EvaluationUnit.CHRONOLOGICAL_EVENT_STREAM,
    EvaluationUnit.CONTINUOUS_EVENT_STREAM,
)


def evaluate(config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary) -> dict[str, Any]:
    """Measure a scored run: JSON-ready, without times, equal for equal results."""
    unit = sequences.unit
    block_of = partial(
        detection_block, bootstrap_samples=config.evaluation.bootstrap_samples, seed=config.seed
    )
    measured = _sequence_blocks(block_of, unit, sequences, summary)
    if summary.events is not None:
        label = np.asarray(sequences.dataset.label)
        measured.append(_event_block(block_of, label, summary.events))
    if summary.next_events is not None:
        measured.append(
            next_event_block(
                summary.next_events,
                template=sequences.dataset.template,
                label=row_labels(sequences.dataset, sequences.labels_from),
                vocabulary=config.evaluation.next_event_vocabulary,
                top_k=config.evaluation.top_k,
            )
        )
    blocks = {
        scope: not_applicable_block(scope, reason) for scope, reason in _NOT_MEASURED.items()
    } | {block["scope"]: block for block in measured}
    decisive = config.dataset.evaluation_unit or unit
    if unit == EvaluationUnit.STREAM and decisive not in _STREAMS:
        # Chunks are no sessions: how long they are must not decide what is shown.
        decisive = unit
    primary, *secondary = _leading(config.evaluation.primary_scope, decisive, blocks)
    return _plain(
        {
            "evaluation_unit": decisive,
            "primary_scope": primary,
            "secondary_scopes": secondary,
            "blocks": blocks,
        }
    )


def _sequence_blocks(
    block_of: Callable[..., dict[str, Any]],
    unit: EvaluationUnit,
    sequences: SequenceSet,
    summary: ModelRunSummary,
) -> list[dict[str, Any]]:
    """The sequences as they were judged, and the same by the name of what they are."""
    by_events = sequences.labels_from == "events"
    blocks = [
        block_of(
            scope,
            unit=unit,
            label_unit=EvaluationUnit.EVENT if by_events else EvaluationUnit.SEQUENCE,
            aggregation="any_event" if by_events else "any_entity",
            label=summary.test.label,
            predicted=summary.predicted,
            scores=summary.scores,
            threshold=summary.threshold,
        )
        for scope in (MetricScope.SEQUENCE_LEVEL_DETECTION, *_SAME_JUDGED.get(unit, ()))
    ]
    blocks[0]["diagnostics"] |= _duplicates(sequences, summary) | _sessions(summary)
    return blocks


def _event_block(
    block_of: Callable[..., dict[str, Any]], label: NDArray[np.int8], events: EventScores
) -> dict[str, Any]:
    return block_of(
        MetricScope.EVENT_LEVEL_DETECTION,
        unit=EvaluationUnit.EVENT,
        label_unit=EvaluationUnit.EVENT,
        aggregation="none",
        label=label[events.rows],
        predicted=events.predicted,
        scores=events.scores,
        threshold=events.threshold,
    )


_SAME_JUDGED = {
    EvaluationUnit.WINDOW: (MetricScope.WINDOW_LEVEL_DETECTION,),
    EvaluationUnit.STREAM: (MetricScope.STREAM_LEVEL_DETECTION,),
}
"""Scopes that judge what the sequences of a unit are."""


def primary_block(report: dict[str, Any]) -> dict[str, Any]:
    """The block that leads a report."""
    return dict(report["blocks"][report["primary_scope"]])


def _leading(
    asked: MetricScope | None,
    unit: EvaluationUnit,
    blocks: dict[MetricScope, dict[str, Any]],
) -> list[MetricScope]:
    """The usable scopes: the one asked for, then by unit; sequence level where none is usable."""
    order = [
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        MetricScope.EVENT_LEVEL_DETECTION,
        MetricScope.NEXT_EVENT_PREDICTION,
    ]
    if unit in _STREAMS:
        order = [*order[1:], order[0]]
    wanted = [asked, *order] if asked else order
    usable = [scope for scope in wanted if blocks[scope]["status"] == MetricStatus.VALID]
    return list(dict.fromkeys(usable)) or [MetricScope.SEQUENCE_LEVEL_DETECTION]


def _sessions(summary: ModelRunSummary) -> dict[str, Any]:
    """Where sequences are windows of sessions: a session is flagged if any of its windows is."""
    entity = summary.test.entity
    if not len(entity) or (entity < 0).any():
        return {}
    sessions, group = np.unique(entity, return_inverse=True)
    if len(sessions) == len(entity):
        return {}
    label = np.full(len(sessions), UNLABELLED, dtype=np.int8)
    np.maximum.at(label, group, summary.test.label)
    predicted = np.zeros(len(sessions), dtype=bool)
    np.logical_or.at(predicted, group, summary.predicted)
    counted = label >= 0
    anomalous = label[counted] == 1
    if anomalous.all() or not anomalous.any():
        return {}
    found = confusion(anomalous, predicted[counted])
    return {"sessions": {"counted": int(counted.sum()), **headline(found)}}


def _duplicates(sequences: SequenceSet, summary: ModelRunSummary) -> dict[str, Any]:
    """How far the result rests on sequences that are the same as others.

    Every distinct pair of content and label counts once: equal sequences score the same, so a content
    with both labels is one right and one wrong decision.
    """
    group = distinct(sequences).group
    test = sequences.split == Split.TEST
    if not test.any():
        return {}
    seen = np.isin(group[test], group[sequences.split == Split.TRAIN])
    pair = np.stack([group[test], summary.test.label.astype(np.int64)])
    _, first = np.unique(pair, axis=1, return_index=True)
    first = first[summary.test.label[first] >= 0]
    figures: dict[str, Any] = {
        "distinct_test_sequences": len(np.unique(group[test])),
        "test_share_seen_in_train": float(seen.mean()),
    }
    anomalous = summary.test.label[first] == 1
    if anomalous.any() and not anomalous.all():
        found = confusion(anomalous, summary.predicted[first])
        figures["unique"] = {"counted": len(first), **headline(found)}
    return figures


def _plain(value: Any) -> Any:
    """Builtins with rounded floats: what JSON shows is what was compared."""
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, float | np.floating):
        return round(float(value), _DIGITS)
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return str(value) if isinstance(value, str) else value
