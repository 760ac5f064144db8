"""How grave the events of each template are: by their level, else by the words of their message.

A rare error matters more than a rare message. How much more is a choice, not a measurement: it decides
between events that are equally rare, and no number of weights makes a common error rare.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["LEVEL_WEIGHTS", "by_severity", "severity_weights"]

_LEVEL_WEIGHTS: Final = {
    "trace": 0.8,
    "debug": 0.8,
    "info": 1.0,
    "notice": 1.0,
    "warning": 1.15,
    "error": 1.4,
    "critical": 1.6,
    "fatal": 1.6,
}
LEVEL_WEIGHTS: Final = (*(_LEVEL_WEIGHTS[name] for name in LEVELS), 1.0)
"""The weight of each code of a level; the last is that of none."""

_WORD_WEIGHT: Final = 1.3
_GRAVE_WORDS: Final = re.compile(
    r"\b(?:abort\w*|cannot|corrupt\w*|crash\w*|critical|denied|error|exception|fail\w*|fatal|invalid"
    r"|killed|panic|refused|segfault|timed? ?out|traceback|unable|unexpected\w*)\b",
    re.IGNORECASE,
)


def severity_weights(dataset: LogDataset) -> NDArray[np.float64]:
    """(templates,) a weight of each, 1 where nothing is said: by the gravest level of its events.

    Words such as `failed` count where the level says no more than they do.
    """
    gravest = np.full(len(dataset.templates), -1, dtype=np.int64)
    np.maximum.at(gravest, dataset.template, dataset.level)
    return np.maximum(np.array(LEVEL_WEIGHTS)[gravest], _by_words(dataset.templates))


def by_severity(sequences: SequenceSet) -> tuple[SequenceSet, NDArray[np.float64]]:
    """Unknown events told apart by how grave each is, by its own level and the words of its own message.

    What a judge's vocabulary lacks is one template to it, be it an error or a greeting.

    Returns:
        The sequences, where templates behind `<unknown>`, the last one, stand for the unknown events of
        one weight each; and (added templates,) these weights.
    """
    dataset = sequences.dataset
    own = dataset.as_matched
    unknown = len(dataset.templates) - 1
    rows = np.flatnonzero(dataset.template == unknown)
    if own is None or not dataset.unknown_added or not len(rows):
        return sequences, np.empty(0)
    words = _by_words(own.templates)[own.template[rows]]
    weights, of_row = np.unique(
        np.maximum(np.array(LEVEL_WEIGHTS)[own.level[rows]], words), return_inverse=True
    )
    template = np.array(dataset.template)
    template[rows] = unknown + 1 + of_row
    templates = (*dataset.templates, *[UNKNOWN_TEMPLATE] * len(weights))
    told_apart = replace(dataset, template=template, templates=templates)
    return replace(sequences, dataset=told_apart), weights


def _by_words(templates: Sequence[str]) -> NDArray[np.float64]:
    """(templates,) the weight of a template's words; 0 where they say nothing."""
    grave = [bool(_GRAVE_WORDS.search(text)) for text in templates]
    return np.where(np.array(grave, dtype=bool), _WORD_WEIGHT, 0.0)
