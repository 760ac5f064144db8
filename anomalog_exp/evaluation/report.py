"""The metric report of a run: one block per scope, and which of them leads."""

from __future__ import annotations

from typing import Any

import numpy as np

from anomalog_exp.config.run import RunConfig
from anomalog_exp.evaluation.blocks import detection_block, headline, not_applicable_block
from anomalog_exp.evaluation.metrics import confusion
from anomalog_exp.features.distinct import distinct
from anomalog_exp.models.summary import ModelRunSummary
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.vocabulary import EvaluationUnit, MetricScope, MetricStatus

__all__ = ["evaluate", "primary_block"]

_DIGITS = 8

_NOT_MEASURED = {
    MetricScope.EVENT_LEVEL_DETECTION: "no detector of this release scores single events",
    MetricScope.WINDOW_LEVEL_DETECTION: "windows are judged as sequences",
    MetricScope.STREAM_LEVEL_DETECTION: "the events are not grouped as a stream",
    MetricScope.NEXT_EVENT_PREDICTION: "the detector ranks no next events",
    MetricScope.CLUSTER_LEVEL_TRIAGE: "the detector groups nothing for review",
    MetricScope.MANUAL_WORKLOAD_REDUCTION: "the detector groups nothing for review",
    MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION: "the detector groups nothing for review",
}

_ORDER = (
    MetricScope.SEQUENCE_LEVEL_DETECTION,
    MetricScope.EVENT_LEVEL_DETECTION,
    MetricScope.NEXT_EVENT_PREDICTION,
)
"""Which scope leads where sequences or windows are judged."""


def evaluate(config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary) -> dict[str, Any]:
    """Measure a scored run: JSON-ready, without times, equal for equal results."""
    unit = EvaluationUnit.WINDOW if config.sequence.name == "fixed" else EvaluationUnit.SEQUENCE
    by_events = (sequences.report or {}).get("labels_from") == "events"
    block = detection_block(
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        unit=unit,
        label_unit=EvaluationUnit.EVENT if by_events else EvaluationUnit.SEQUENCE,
        aggregation="any_event" if by_events else "any_entity",
        label=summary.test.label,
        predicted=summary.predicted,
        scores=summary.scores,
        threshold=summary.threshold,
        bootstrap_samples=config.evaluation.bootstrap_samples,
        seed=config.seed,
    )
    block["diagnostics"] |= _duplicates(sequences, summary)
    blocks = {block["scope"]: block} | {
        scope: not_applicable_block(scope, reason) for scope, reason in _NOT_MEASURED.items()
    }
    return _plain(
        {
            "detector": summary.detector,
            "evaluation_unit": config.dataset.evaluation_unit or unit,
            "primary_scope": _primary(config, blocks),
            "blocks": blocks,
        }
    )


def primary_block(report: dict[str, Any]) -> dict[str, Any]:
    """The block that leads a report."""
    return dict(report["blocks"][report["primary_scope"]])


def _primary(config: RunConfig, blocks: dict[MetricScope, dict[str, Any]]) -> MetricScope:
    """The scope asked for if it is usable, else the first usable one, else the first."""
    asked = config.evaluation.primary_scope
    wanted = ([asked] if asked else []) + list(_ORDER)
    usable = (scope for scope in wanted if blocks[scope]["status"] == MetricStatus.VALID)
    return next(usable, _ORDER[0])


def _duplicates(sequences: SequenceSet, summary: ModelRunSummary) -> dict[str, Any]:
    """How far the result rests on sequences that are the same as others.

    Every distinct pair of content and label counts once: equal sequences score the same, so a content
    with both labels is one right and one wrong decision.
    """
    group = distinct(sequences).group
    test = sequences.split == Split.TEST
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
    return str(value) if isinstance(value, str) else value
