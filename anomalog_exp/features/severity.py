"""How grave the events of each template are: by their level, else by the words of their message.

A rare error matters more than a rare message. How much more is a choice, not a measurement: it decides
between events that are equally rare, and no number of weights makes a common error rare.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.dataset import LogDataset

__all__ = ["LEVEL_WEIGHTS", "severity_weights"]

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
    by_level = np.array(LEVEL_WEIGHTS)[gravest]
    grave = np.array([bool(_GRAVE_WORDS.search(text)) for text in dataset.templates], dtype=bool)
    return np.where(grave, np.maximum(by_level, _WORD_WEIGHT), by_level)
