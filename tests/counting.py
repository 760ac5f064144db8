"""Detectors on counts: built by their config, fitted on texts, and the rows written out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import log

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.composed import composed
from tests.sequencing import sequence_set

LETTERS = "abcdef"


@cache
def config(*overrides: str) -> ExperimentModelConfig:
    return composed(*overrides).model


def fit(
    train: Sequence[str], test: Sequence[str], *overrides: str, labels: Sequence[int] = ()
) -> tuple[Detector, SequenceSet]:
    """The fitted detector, and what it shall score; the templates are the six letters."""
    whole_labels = [*labels, *[-1] * len(test)] if labels else []
    both = sequence_set([*train, *test], whole_labels, tested=len(test), templates=LETTERS)
    detector = config(*overrides).build_detector()
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST).unlabelled()


def rows(texts: Sequence[str]) -> NDArray[np.float64]:
    """(texts, letters) counts."""
    return np.array([[text.count(letter) for letter in LETTERS] for text in texts], dtype=float)


def idf(texts: Sequence[str]) -> list[float]:
    """Weight of each letter by tf-idf."""
    holding = [sum(letter in text for text in texts) for letter in LETTERS]
    return [log(len(texts) / max(held, 1)) for held in holding]


def random_texts(seed: int, number: int, letters: str = "abcde") -> list[str]:
    """Texts of up to nine letters, many of them equal."""
    random = np.random.default_rng(seed)
    kinds = ["".join(random.choice(list(letters), random.integers(0, 10))) for _ in range(25)]
    return [kinds[i] for i in np.minimum(random.geometric(0.12, number) - 1, 24)]
