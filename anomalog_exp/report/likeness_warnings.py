"""Warnings of a run that a bundle judged: whether the log looks like the one that was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anomalog_exp.report.run_warning import RunWarning

__all__ = ["likeness_warnings"]

UNKNOWN = 0.05
DIVERGENCE = 0.2
"""What is below these is as in a log of a few kinds of events that goes on. Above them a log is another
one where it differs more than twice as much from training as the halves of training do. So do,
of LogHub's samples cut in halves, BGL (70 % of the events are of templates that the first half lacks)
and Thunderbird (28 %), and not Linux (12 %), whose first half differs as much in itself.
"""
_TIMES = 2


def likeness_warnings(bundle: Mapping[str, Any] | None) -> Iterator[RunWarning]:
    """What `bundle` of the data set's manifest says against the verdicts."""
    if bundle is None:
        return
    trained = bundle["trained"]
    unknown, halves = bundle["unknown"], trained["halves_unknown"]
    if unknown > max(UNKNOWN, _TIMES * halves):
        yield RunWarning(
            "Much of the log is of templates that training never showed",
            f"{unknown:.1%} of the events are; between the halves of training it is {halves:.1%}. What "
            "is new is judged as odd, whether or not anything is wrong.",
            "Train again on a log that shows what is usual now, or see whether this log is of the same "
            "program.",
        )
    divergence, halves = bundle["divergence"], trained["halves_divergence"]
    if divergence > max(DIVERGENCE, _TIMES * halves):
        yield RunWarning(
            "Events are spread over templates as never in training",
            f"The divergence of Jensen and Shannon is {divergence:.2f} bits of at most 1; between the "
            f"halves of training it is {halves:.2f}.",
            "See whether the program does other work now, as at another time of day; train on a log "
            "that shows it.",
        )
