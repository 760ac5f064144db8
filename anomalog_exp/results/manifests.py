"""The manifest of a data set: what was read, how it was grouped and split, what each part holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_ENTITY
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.explosion import differing_words
from anomalog_exp.detection.summary import ModelRunSummary, SequenceSummary
from anomalog_exp.features.severity import severity_weights
from anomalog_exp.results.bundle import Bundle
from anomalog_exp.results.context import ResultWriteContext
from anomalog_exp.results.likeness import likeness
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["build_dataset_manifest", "build_sequence_split_summary"]

_GRAVEST = 20
_TEMPLATES = 1000
"""Of more templates than these only the first are listed, and where their words differ is looked at."""


def build_dataset_manifest(
    context: ResultWriteContext, sequences: SequenceSet, summary: ModelRunSummary
) -> dict[str, Any]:
    """What `dataset_manifest.json` holds, JSON-ready."""
    config, dataset = context.config.dataset, sequences.dataset
    bundle = {} if context.bundle is None else {"bundle": _judged_by(context.bundle, sequences)}
    return {
        "name": config.name,
        "description": config.description,
        "evaluation_unit": config.evaluation_unit,
        **asdict(context.provenance),
        **bundle,
        "dataset": dataset.manifest,
        "template_counts": _template_counts(dataset),
        "template_texts": list(dataset.templates[:_TEMPLATES]),
        **_unjudged(sequences),
        "sequences": build_sequence_split_summary(
            sequences, sequence_summary=summary.sequence_summary
        ),
    }


def _judged_by(bundle: Bundle, sequences: SequenceSet) -> dict[str, Any]:
    """The bundle that judged, and how far the log looks like the one that it was trained on."""
    shown = bundle.judge.vocabulary.shown(sequences.dataset.templates)
    return {
        "name": bundle.manifest.name,
        "digest": bundle.digest,
        "trained": bundle.manifest.trained.model_dump(),
        **asdict(likeness(shown, sequences)),
        "new": _kinds(sequences.dataset, lambda rows: shown[sequences.dataset.template[rows]] == 0),
    }


def _unjudged(sequences: SequenceSet) -> dict[str, Any]:
    """What events are in no sequence, as they belong to no entity."""
    if not sequences.report.get("rows_without_entity"):
        return {}
    entity = sequences.dataset.entity
    return {"without_entity": _kinds(sequences.dataset, lambda rows: entity[rows] == NO_ENTITY)}


def _kinds(dataset: LogDataset, chosen: Callable[[slice], NDArray[np.bool_]]) -> dict[str, Any]:
    """The templates of some events: how many, and the gravest ones.

    Args:
        dataset: The log.
        chosen: Which of some rows are asked for.
    """
    events = np.zeros(len(dataset.templates), dtype=np.int64)
    first = np.full(len(events), dataset.n_events, dtype=np.int64)
    for part in scratch.portions(dataset.n_events):
        rows = part.start + np.flatnonzero(chosen(part))
        kinds, begin, count = np.unique(
            dataset.template[rows], return_index=True, return_counts=True
        )
        events[kinds] += count
        first[kinds] = np.minimum(first[kinds], rows[begin])
    kinds = np.flatnonzero(events)
    weight = severity_weights(dataset)[kinds]
    ranked = kinds[np.lexsort((first[kinds], -events[kinds], -weight))[:_GRAVEST]]
    return {
        "templates": len(kinds),
        "gravest": [
            {
                "template": dataset.templates[kind],
                "events": int(events[kind]),
                "first": str(dataset.place(int(dataset.line[first[kind]]))),
            }
            for kind in ranked.tolist()
        ],
    }


def _template_counts(dataset: LogDataset) -> dict[str, Any]:
    """How events spread over templates: on the largest one, and on those that are seen once."""
    events = scratch.counted(dataset.template, len(dataset.templates))
    most, once = int(events.argmax()), np.flatnonzero(events == 1)
    many = len(dataset.templates) > _TEMPLATES
    return {
        "events": dataset.n_events,
        "templates": int(np.count_nonzero(events)),
        "differing_words": differing_words(dataset.templates)._asdict() if many else None,
        "most": int(events[most]),
        "most_text": dataset.templates[most],
        "once": len(once),
        "once_text": dataset.templates[once[0]] if len(once) else None,
    }


def build_sequence_split_summary(
    sequences: SequenceSet, *, sequence_summary: SequenceSummary
) -> dict[str, Any]:
    """The grouping and split that was asked for, what came of it, and the counts of each part."""
    return {**sequences.report, "summary": asdict(sequence_summary)}
