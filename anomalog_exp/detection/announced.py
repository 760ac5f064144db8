"""How long a detector takes that compares sequences with each other, before it does.

Such a time grows by the square of the distinct sequences, so that what took minutes takes hours on a
log that is ten times as diverse. Some sequences of the test part are scored and timed, first a few and
then more: what more take longer is counted for each sequence, what any number takes is not.
"""

from __future__ import annotations

import logging
import time

import numpy as np

from anomalog_exp.detection.contract import Detector
from anomalog_exp.features.distinct import distinct
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["announce_if_long"]

_LOG = logging.getLogger(__name__)

_LONG_S = 30.0
_MANY = 5_000
"""Distinct sequences from which on it is worth to time some: 80 are a sixtieth of them."""

_FEW, _MORE = 16, 64


def announce_if_long(
    detector: Detector, test: SequenceSet, calibrating: SequenceSet | None
) -> None:
    """Warn if scoring takes half a minute or more, and say which option bounds it.

    Args:
        detector: Fitted.
        test: What it is going to score, without labels, in the vocabulary of its training.
        calibrating: What it scores for its threshold besides; None if it does not.
    """
    option = type(detector).bounded_by
    if not option:
        return
    once = distinct(test)
    number = len(once.first) + (0 if calibrating is None else len(distinct(calibrating).first))
    if len(once.first) < _MORE or number < _MANY:
        return
    times = []
    for many in (_FEW, _MORE):
        some = once.first[np.linspace(0, len(once.first) - 1, many).astype(np.int64)]
        begun = time.perf_counter()
        detector.score(test.take(some))
        times.append(time.perf_counter() - begun)
    seconds = (times[1] - times[0]) / (_MORE - _FEW) * number
    if seconds >= _LONG_S:
        _LOG.warning(
            "%s compares %s distinct sequences with those of training: this takes about %s, and four "
            "times as long for twice as many; its option %s bounds it, as in model.%s=2000",
            detector.name,
            f"{number:,}",
            _in_words(seconds),
            option,
            option,
        )


def _in_words(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
