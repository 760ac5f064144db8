"""Warnings of a run that a bundle judged: whether the log looks like the one that was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anomalog_exp.report.run_warning import RunWarning
from anomalog_exp.results.likeness import Likeness

__all__ = ["likeness_warnings"]


def likeness_warnings(bundle: Mapping[str, Any] | None) -> Iterator[RunWarning]:
    """What `bundle` of the data set's manifest says against the verdicts."""
    if bundle is None:
        return
    trained = bundle["trained"]
    here = Likeness(bundle["unknown"], bundle["divergence"])
    halves = Likeness(trained["halves_unknown"], trained["halves_divergence"])
    if here.lacks_more_than(halves):
        yield RunWarning(
            "Much of the log is of templates that training never showed",
            f"{here.unknown:.1%} of the events are; between the halves of training it is "
            f"{halves.unknown:.1%}. What is new is judged as odd, whether or not anything is wrong.",
            "Train again on a log that shows what is usual now, or see whether this log is of the same "
            "program.",
        )
    if here.spreads_more_than(halves):
        yield RunWarning(
            "Events are spread over templates as never in training",
            f"The divergence of Jensen and Shannon is {here.divergence:.2f} bits of at most 1; between "
            f"the halves of training it is {halves.divergence:.2f}.",
            "See whether the program does other work now, as at another time of day; train on a log "
            "that shows it.",
        )
