"""Warnings about verdicts: whether anybody can say that they are right, and what they say at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anomalog_exp.evaluation import MetricBlock, MetricReport
from anomalog_exp.evaluation.block import ClassCounts
from anomalog_exp.evaluation.detection_block import ABSTAINED
from anomalog_exp.metric_terms import Figure, MetricScope
from anomalog_exp.report.intervals import in_brackets
from anomalog_exp.report.run_warning import RunWarning

__all__ = ["label_warnings", "test_part_warnings", "threshold_warnings"]

SEEN_SHARE = 0.5
"""A share of test sequences that training shows too, from which on it is said."""

FLAGGED_SHARE = 0.5
"""No log is mostly anomalous: a larger share that is flagged says that the threshold does not fit."""

UNLABELLED_SHARE = 0.2
"""The same where no label says how much is anomalous: nobody looks into every fifth sequence."""

FLAGGED_TIMES = 5
"""So many times as many flagged units as anomalous ones are mostly false alarms."""

HIGHEST_SHARE = 0.5
"""Where more units share the highest score, no threshold tells the strange ones among them apart."""

FEW = 10
"""Of fewer anomalous units each one moves recall by more than a tenth; fewer scores may be equal by
chance."""


def label_warnings(report: MetricReport) -> Iterator[RunWarning]:
    """Whether there is something that was judged, and labels to measure it by."""
    block, counts = report.decisions, report.decisions.counts
    if not isinstance(counts, ClassCounts):
        return
    if counts.units == 0:
        yield RunWarning(
            "No sequence is judged",
            "The events to judge stand in sequences that also train: there are predictions of next "
            "events, and no scores.",
            "Take smaller sequences, as by sequence.chunk_size, so that some hold nothing that trains.",
        )
    elif counts.counted == 0 and block.reason != ABSTAINED:
        which = "" if report.primary.headline is None else " of detection"
        yield RunWarning(
            "Nothing in the test part is labelled",
            f"There are no metrics{which}: nobody can say how many of the {counts.units:,} verdicts are "
            "right.",
            "Read the top findings below. If labels exist, name them by dataset.label_reader.",
            figures=True,
        )
    elif counts.counted and not (counts.normal and counts.anomalous):
        kind = "normal" if counts.normal else "anomalous"
        yield RunWarning(
            "The test part holds one class only",
            f"All {counts.counted:,} labelled units are {kind}: precision, recall and F1 mean nothing.",
            "Choose a split whose test part holds both classes, or more of the log.",
        )
    elif block.reason is not None:
        yield RunWarning(
            "There are no metrics",
            f"The reason is: {block.reason_in_words}.",
            "See the metrics of the other scopes below.",
        )
    if 0 < counts.anomalous < FEW and counts.normal:
        yield RunWarning(
            "The test part holds few anomalies",
            f"There are {counts.anomalous}: one verdict more or less moves recall by "
            f"{1 / counts.anomalous:.0%}.",
            "Compare runs by their intervals, not by their figures.",
        )


def threshold_warnings(report: MetricReport, findings: Mapping[str, Any]) -> Iterator[RunWarning]:
    """Whether the threshold is a fair one, and tells some units from others."""
    if report.task.decision.oracle:
        yield RunWarning(
            "The threshold is an oracle's",
            "It has seen the labels of the test part: the figures are what the best threshold would "
            "reach, and no result.",
            "Choose another rule, as in model/decision=quantile, for figures to report.",
        )
    block = report.decisions
    flagged, counts = block.diagnostics.flagged, block.counts
    if flagged is None or counts is None or not counts.units:
        return
    share = flagged / counts.units
    anomalous = counts.anomalous if isinstance(counts, ClassCounts) else 0
    labelled = isinstance(counts, ClassCounts) and counts.counted > 0
    equal, highest = _at_highest(block, findings)
    if counts.units >= FEW and equal > HIGHEST_SHARE * counts.units:
        yield _saturated(equal, counts.units, highest, flagged)
    elif flagged == 0:
        yield RunWarning(
            "Nothing is flagged",
            f"None of {counts.units:,} scores lies above the threshold.",
            "Lower the threshold, or choose another rule by model/decision.",
            figures=True,
        )
    elif share > (FLAGGED_SHARE if labelled else UNLABELLED_SHARE):
        yield RunWarning(
            "An implausible share is flagged",
            f"{flagged:,} of {counts.units:,} ({share:.0%}) are flagged: the threshold does not fit.",
            "Raise the threshold, or train on more: new templates look anomalous to most detectors.",
        )
    elif anomalous and flagged > FLAGGED_TIMES * anomalous:
        yield RunWarning(
            "An implausible share is flagged",
            f"{flagged:,} are flagged, and {anomalous:,} labelled anomalous: most alarms are false.",
            "Raise the threshold, or choose another rule by model/decision.",
        )


def _at_highest(block: MetricBlock, findings: Mapping[str, Any]) -> tuple[int, float]:
    """How many units of a block share the highest score, and that score."""
    of_events = block.scope == MetricScope.EVENT_LEVEL_DETECTION
    verdicts = findings.get("event_verdicts" if of_events else "sequence_verdicts") or {}
    return verdicts.get("at_highest", 0), verdicts.get("highest", 0.0)


def _saturated(equal: int, units: int, highest: float, flagged: int) -> RunWarning:
    verdict = "none of them is flagged" if flagged == 0 else "all of them are flagged"
    if equal == units:
        return RunWarning(
            "All scores are equal",
            f"Each of {units:,} units scores {highest:.6g}, so that {verdict}: the threshold separates "
            "nothing.",
            "This is right where nothing in the log is unusual. Else choose another detector, or group "
            "differently, as by a smaller window.",
        )
    return RunWarning(
        "Most scores are the highest one",
        f"{equal:,} of {units:,} units ({equal / units:.0%}) score {highest:.6g}, and none scores more: "
        f"nothing ranks them, and {verdict}.",
        "Train on more of the log, mask more of the messages (template.extra_masks), or choose another "
        "detector.",
    )


def test_part_warnings(report: MetricReport) -> Iterator[RunWarning]:
    """Whether the test part is new."""
    block = report.decisions
    seen, distinct = (
        block.diagnostics.test_share_seen_in_train,
        block.diagnostics.distinct_test_sequences,
    )
    if seen is None or distinct is None or block.counts is None or seen < SEEN_SHARE:
        return
    yield RunWarning(
        "The test part repeats what training shows",
        f"{seen:.1%} of the test sequences occur in training, too; of {block.counts.units:,} only "
        f"{distinct:,} are different.{_counted_once(block)}",
        "Compare detectors by the figures over distinct sequences (`unique` in metrics.json).",
    )


def _counted_once(block: MetricBlock) -> str:
    unique, headline = block.diagnostics.unique, block.headline or {}
    if unique is None or Figure.F1 not in headline:
        return ""
    between = in_brackets(unique.f1_interval_low, unique.f1_interval_high)
    return (
        f" With equal ones counted once, F1 is {unique.f1:.3f}{between} instead of "
        f"{headline[Figure.F1]:.3f}."
    )
