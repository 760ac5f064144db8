"""How long a detector takes that compares sequences with each other, before it does.

Such a time grows by the square of the distinct sequences, so that what took minutes takes hours on a
log that is ten times as diverse. Some sequences are scored and timed, first a few and then more: what
more take longer is counted for each sequence, what any number takes is not. Where a detector compares
in order to learn, one like it learns from a part of training first, and then from twice as many.
Detectors inside others are announced, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.distinct import Distinct, distinct
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["announce_if_long", "announce_long_fit", "may_be_long"]

_LOG = logging.getLogger(__name__)

_LONG_S = 30.0
_MANY = 5_000
"""Distinct sequences from which on it is worth to time some: 80 are a sixtieth of them."""

_FEW, _MORE = 16, 64
_SMALL, _LARGE = 500, 1_000
"""Distinct sequences to learn from: for 5,000 that takes a twentieth of the time."""


def may_be_long(detector: Detector) -> bool:
    """Whether it, or one inside it, compares sequences with each other."""
    inside = detector.detectors_inside.values()
    return bool(type(detector).bounded_by) or any(may_be_long(member) for member in inside)


def announce_if_long(detector: Detector, scored: Sequence[SequenceSet], key: str = "model") -> None:
    """Warn if scoring takes half a minute or more, and say which option bounds it.

    Args:
        detector: Fitted; those inside it are looked at as well.
        scored: What it is going to score, without labels, in the vocabulary of its training.
        key: Of its config.
    """
    for name, member in detector.detectors_inside.items():
        announce_if_long(member, scored, f"{key}.members.{name}")
    option = type(detector).bounded_by
    if not option or not scored:
        return
    number = sum(len(distinct(one).first) for one in scored)
    sample = max(scored, key=lambda one: len(distinct(one).first))
    once = distinct(sample)
    if len(once.first) < _MORE or number < _MANY:
        return
    few, more = (_timed(detector.score, sample.take(_spread(once, many))) for many in (_FEW, _MORE))
    _say(
        (more - few) / (_MORE - _FEW) * number,
        f"{detector.name} compares {number:,} distinct sequences with those of training",
        f"{key}.{option}",
    )


def announce_long_fit(
    config: ExperimentModelConfig,
    train: SequenceSet,
    valid: SequenceSet | None,
    key: str = "model",
) -> None:
    """Warn if learning takes half a minute or more, of a detector that compares in order to learn.

    Args:
        config: Of the detector.
        train: What it is going to learn from; see `Detector.fit`.
        valid: Likewise.
        key: Of the config.
    """
    kind = type(config.build_detector())
    if not kind.compares_to_learn:
        return
    train = train.trainable()
    once = distinct(train)
    number = min(len(once.first), getattr(config, kind.bounded_by))
    if number < _MANY or len(once.first) < _LARGE:
        return
    try:
        _, small, large = (  # the first one also imports what it needs
            _timed(config.build_detector().fit, train.take(_spread(once, many)), valid)
            for many in (_SMALL, _SMALL, _LARGE)
        )
    except NotApplicable:  # which the fit itself says
        return
    _say(
        (large - small) / (_LARGE**2 - _SMALL**2) * number**2,
        f"{config.name} compares {number:,} distinct sequences of training with each other",
        f"{key}.{kind.bounded_by}",
    )


def _spread(once: Distinct, many: int) -> NDArray[np.int64]:
    """Sequences that differ, spread over all."""
    return once.first[np.linspace(0, len(once.first) - 1, many).astype(np.int64)]


def _timed(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def _say(seconds: float, what: str, option: str) -> None:
    if seconds >= _LONG_S:
        _LOG.warning(
            "%s: this takes about %s, and four times as long for twice as many; its option %s bounds "
            "it, as in %s=2000",
            what,
            _in_words(seconds),
            option.rpartition(".")[2],
            option,
        )


def _in_words(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
