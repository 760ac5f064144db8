"""What a reader of a result must know before he believes it, each with its meaning and what to do.

They come from what a run has left, and nothing else: the same run dir gives the same warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from anomalog_exp.evaluation import MetricBlock, MetricReport
from anomalog_exp.evaluation.block import ClassCounts
from anomalog_exp.metric_terms import Figure
from anomalog_exp.results import StoredRun

__all__ = ["RunWarning", "run_warnings", "warnings_of"]

SEEN_SHARE = 0.5
"""A share of test sequences that training shows too, from which on it is said."""

FLAGGED_SHARE = 0.5
"""No log is mostly anomalous: a larger share that is flagged says that the threshold does not fit."""

UNLABELLED_SHARE = 0.2
"""The same where no label says how much is anomalous: nobody looks into every fifth sequence."""

FLAGGED_TIMES = 5
"""So many times as many flagged units as anomalous ones are mostly false alarms."""

FEW_TRAIN = 30
"""Fewer training sequences show too little of what is normal."""

FEW = 10
"""Of fewer anomalous units each one moves recall by more than a tenth."""


@dataclass(frozen=True)
class RunWarning:
    """One of them.

    Attributes:
        title: What is so, in a few words.
        meaning: What follows from it, with the number.
        advice: What to do.
        figures: It is about metrics and thresholds as results to report, which a first look at a log
            has not.
    """

    title: str
    meaning: str
    advice: str
    figures: bool = False


def run_warnings(stored: StoredRun) -> list[RunWarning]:
    """The warnings of a finished run, the gravest first; none of a run without a result."""
    if stored.status["status"] != "done":
        return []
    distinct = (stored.findings or {}).get("distinct_training_sequences")
    return warnings_of(stored.report, stored.dataset_manifest, distinct)


def warnings_of(
    report: MetricReport, manifest: Mapping[str, Any], distinct: int | None
) -> list[RunWarning]:
    """The same of what a finished run has left.

    Args:
        report: What was measured.
        manifest: What `dataset_manifest.json` holds.
        distinct: Training sequences of different content; None where that is not known.
    """
    return [
        *_labels(report),
        *_threshold(report),
        *(_everything() if _trains_on_test(manifest["sequences"]) else _test_part(report)),
        *_training(manifest["sequences"], distinct),
        *_reading(manifest["dataset"], manifest["sequences"]),
    ]


def _labels(report: MetricReport) -> Iterator[RunWarning]:
    block, counts = report.primary, report.primary.counts
    if isinstance(counts, ClassCounts) and counts.counted == 0:
        yield RunWarning(
            "Nothing in the test part is labelled",
            f"There are no metrics: nobody can say how many of the {counts.units:,} verdicts are right.",
            "Read the top findings below. If labels exist, name them by dataset.label_reader.",
            figures=True,
        )
    elif isinstance(counts, ClassCounts) and not (counts.normal and counts.anomalous):
        kind = "normal" if counts.normal else "anomalous"
        yield RunWarning(
            "The test part holds one class only",
            f"All {counts.counted:,} labelled units are {kind}: precision, recall and F1 mean nothing.",
            "Choose a split whose test part holds both classes, or more of the log.",
        )
    elif block.reason is not None:
        yield RunWarning(
            "There are no metrics",
            f"The reason is: {block.reason}.",
            "See the metrics of the other scopes below.",
        )
    if isinstance(counts, ClassCounts) and 0 < counts.anomalous < FEW and counts.normal:
        yield RunWarning(
            "The test part holds few anomalies",
            f"There are {counts.anomalous}: one verdict more or less moves recall by "
            f"{1 / counts.anomalous:.0%}.",
            "Compare runs by their intervals, not by their figures.",
        )


def _threshold(report: MetricReport) -> Iterator[RunWarning]:
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
    if flagged == 0:
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


def _trains_on_test(sequences: Mapping[str, Any]) -> bool:
    return bool(sequences["requested"]["name"] == "all")


def _everything() -> Iterator[RunWarning]:
    yield RunWarning(
        "The test part is what was trained on",
        "With split=all every sequence trains and is judged: the ranking is of use, and figures say "
        "nothing about new logs.",
        "Take split=chronological for figures to report.",
        figures=True,
    )


def _test_part(report: MetricReport) -> Iterator[RunWarning]:
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
    return f" With equal ones counted once, F1 is {unique.f1:.3f} instead of {headline[Figure.F1]:.3f}."


def _training(sequences: dict[str, Any], distinct: int | None) -> Iterator[RunWarning]:
    total = sequences["sequences"]["train"]["total"]
    if distinct != 1 and 1 < total < FEW_TRAIN:
        yield RunWarning(
            "Training shows few sequences",
            f"There are {total:,}: what they lack by chance looks anomalous.",
            "Train on more of the log, or group it into more sequences, as by a smaller window.",
        )
    if distinct == 1 and total > 1:  # a stream is one sequence
        yield RunWarning(
            "Training shows one sequence only",
            f"All {total:,} training sequences are the same, so that anything else looks anomalous.",
            "Train on more, or group differently: sequence=fixed, or a longer window.",
        )


def _reading(dataset: dict[str, Any], sequences: dict[str, Any]) -> Iterator[RunWarning]:
    lines, rows = dataset["lines_total"], dataset["rows"]
    if unparsed := dataset.get("lines_unparsed", 0):
        sample = next(iter(dataset.get("unparsed_samples", [])), None)
        example = f" One of them: {_sample_text(sample)}" if sample is not None else ""
        yield RunWarning(
            "Lines could not be parsed",
            f"{unparsed:,} of {lines:,} lines ({unparsed / lines:.2%}) are left out.{example}",
            "Mend the parser's format; dataset_manifest.json shows samples.",
        )
    if invalid := dataset.get("lines_invalid_utf8", 0):
        yield RunWarning(
            "Lines are not UTF-8",
            f"{invalid:,} lines hold other bytes, which are read as escapes.",
            "Convert the log, if its texts matter.",
        )
    without_time = dataset.get("rows_without_time", 0)
    if 0 < without_time < rows:
        yield RunWarning(
            "Events have no time",
            f"{without_time:,} of {rows:,} events have none, and are in no figure over time.",
            "Mend the parser's time format, if they should have one.",
        )
    if without := sequences.get("rows_without_entity", 0):
        yield RunWarning(
            "Events belong to no entity",
            f"{without:,} of {sequences['rows']:,} events name none and are in no sequence.",
            "Group them by sequence=fixed, time or stream, or mend what finds entities.",
        )
    if unknown := dataset.get("labels_unknown_entities", 0):
        yield RunWarning(
            "Labels name entities that the log does not hold",
            f"{unknown:,} of them count for nothing.",
            "See whether labels and log belong together.",
        )


def _sample_text(sample: Any) -> str:
    if not isinstance(sample, dict):
        return str(sample)[:200]
    place = f"{sample['place']}: " if "place" in sample else ""
    return place + str(sample.get("text", sample))[:200]
