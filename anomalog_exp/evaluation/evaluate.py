"""Measuring a scored run: one block per scope, and which of them leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.evaluation.block import MetricBlock
from anomalog_exp.evaluation.detection_block import detection_block
from anomalog_exp.evaluation.duplicates import with_duplicates
from anomalog_exp.evaluation.next_event import next_event_block
from anomalog_exp.evaluation.range_block import range_block
from anomalog_exp.evaluation.report import MetricReport
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.evaluation.sessions import recounted_by_session
from anomalog_exp.evaluation.task import build_metric_metadata
from anomalog_exp.evaluation.triage_blocks import triage_blocks
from anomalog_exp.evaluation.validation import validation_report
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus
from anomalog_exp.sequences.labels import row_labels
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["evaluate"]

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


_NAMED_BY_UNIT = {
    EvaluationUnit.WINDOW: MetricScope.WINDOW_LEVEL_DETECTION,
    EvaluationUnit.STREAM: MetricScope.STREAM_LEVEL_DETECTION,
}
"""The scope of the same decisions by the name of what the sequences are."""


def evaluate(config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary) -> MetricReport:
    """The report of a scored run, equal for equal results."""
    unit = sequences.unit
    resampling = Resampling(config.evaluation.bootstrap_samples, config.seed)
    detection = partial(detection_block, resampling=resampling)
    measured = _sequence_blocks(detection, sequences, summary, resampling)
    measured.append(range_block(config.sequence, sequences, summary, resampling))
    if summary.events is not None:
        label = np.asarray(sequences.dataset.label)
        measured.append(_event_block(detection, label, summary.events))
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
    if summary.triage is not None:
        labels = row_labels(sequences.dataset, sequences.labels_from)
        measured += triage_blocks(summary.triage, labels, labels_from=sequences.labels_from)
    blocks = {
        scope: MetricBlock(scope, MetricStatus.NOT_APPLICABLE, reason)
        for scope, reason in _NOT_MEASURED.items()
    } | {block.scope: block for block in measured}
    decisive = config.dataset.evaluation_unit or unit
    if unit == EvaluationUnit.STREAM and decisive not in _STREAMS:
        # Chunks are no sessions: how long they are must not decide which scope leads.
        decisive = unit
    primary, *secondary = _usable(config.evaluation.primary_scope, decisive, blocks)
    return MetricReport(
        task=build_metric_metadata(config, sequences, summary),
        evaluation_unit=decisive,
        primary_scope=primary,
        secondary_scopes=tuple(secondary),
        blocks=blocks,
        validation=validation_report(summary.judge, sequences),
    )


def _sequence_blocks(
    detection: Callable[..., MetricBlock],
    sequences: SequenceSet,
    summary: ModelRunSummary,
    resampling: Resampling,
) -> list[MetricBlock]:
    """The sequences as they were judged, and the same by the name of what they are."""
    by_events = sequences.labels_from == "events"
    block = detection(
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        unit=sequences.unit,
        label_unit=EvaluationUnit.EVENT if by_events else EvaluationUnit.SEQUENCE,
        aggregation="any_event" if by_events else "any_entity",
        label=summary.test.label,
        predicted=summary.predicted,
        scores=summary.scores,
        threshold=summary.threshold,
        abstained=summary.abstained,
        lines_of=lambda chosen: summary.test.take(chosen).events_held,
    )
    diagnostics = replace(
        with_duplicates(block.diagnostics, sequences, summary, resampling),
        sessions=recounted_by_session(summary, resampling),
    )
    blocks = [replace(block, diagnostics=diagnostics)]
    if scope := _NAMED_BY_UNIT.get(sequences.unit):
        blocks.append(replace(block, scope=scope))
    return blocks


def _event_block(
    detection: Callable[..., MetricBlock], label: NDArray[np.int8], events: EventScores
) -> MetricBlock:
    return detection(
        MetricScope.EVENT_LEVEL_DETECTION,
        unit=EvaluationUnit.EVENT,
        label_unit=EvaluationUnit.EVENT,
        aggregation="none",
        label=label[events.rows],
        predicted=events.predicted,
        scores=events.scores,
        threshold=events.threshold,
        abstained=events.abstained,
        lines_of=lambda chosen: int(chosen.sum()),
    )


def _usable(
    asked: MetricScope | None, unit: EvaluationUnit, blocks: Mapping[MetricScope, MetricBlock]
) -> list[MetricScope]:
    """The valid scopes, the one to lead first: that asked for, then by unit; else sequence level."""
    order = [
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        MetricScope.EVENT_LEVEL_DETECTION,
        MetricScope.NEXT_EVENT_PREDICTION,
    ]
    if unit in _STREAMS:
        order = [*order[1:], order[0]]
    candidates = [asked, *order] if asked else order
    usable = [scope for scope in candidates if blocks[scope].status == MetricStatus.VALID]
    return list(dict.fromkeys(usable)) or [MetricScope.SEQUENCE_LEVEL_DETECTION]
