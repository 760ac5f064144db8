"""What a reader of a result must know before he believes it, each with its meaning and what to do.

They come from what a run has left, and nothing else: the same run dir gives the same warnings. What an
earlier version did not leave is not warned of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anomalog_exp.evaluation import MetricReport
from anomalog_exp.report.likeness_warnings import likeness_warnings
from anomalog_exp.report.log_warnings import (
    pinned_warnings,
    reading_warnings,
    template_warnings,
    time_warnings,
    window_warnings,
)
from anomalog_exp.report.run_warning import RunWarning
from anomalog_exp.report.verdict_warnings import (
    label_warnings,
    test_part_warnings,
    threshold_warnings,
)
from anomalog_exp.results import StoredRun

__all__ = ["RunWarning", "run_warnings", "warnings_of"]

SHARED_SHARE = 0.05
"""A share of test sequences that hold events of training; a cut between windows leaves fewer."""

FEW_TRAIN = 30
"""Fewer training sequences show too little of what is normal."""


def run_warnings(stored: StoredRun) -> list[RunWarning]:
    """The warnings of a finished run, the gravest first; none of a run without a result."""
    if stored.status["status"] != "done":
        return []
    return warnings_of(stored.report, stored.dataset_manifest, stored.findings or {})


def warnings_of(
    report: MetricReport, manifest: Mapping[str, Any], findings: Mapping[str, Any]
) -> list[RunWarning]:
    """The same of what a finished run has left.

    Args:
        report: What was measured.
        manifest: What `dataset_manifest.json` holds.
        findings: What `findings.json` holds; empty where the run wrote none.
    """
    dataset, sequences = manifest["dataset"], manifest["sequences"]
    trains_on_test = sequences["requested"]["name"] == "all"
    return [
        *label_warnings(report),
        *likeness_warnings(manifest.get("bundle")),
        *threshold_warnings(report, findings),
        *(_everything() if trains_on_test else test_part_warnings(report)),
        *(() if trains_on_test else _order(sequences.get("caveat"))),
        *_shared(sequences),
        *window_warnings(dataset, sequences),
        *_training(sequences, findings.get("distinct_training_sequences")),
        *template_warnings(dataset, manifest.get("template_counts")),
        *pinned_warnings(dataset),
        *time_warnings(dataset),
        *reading_warnings(dataset, sequences, manifest.get("without_entity")),
    ]


def _everything() -> Iterator[RunWarning]:
    yield RunWarning(
        "The test part is what was trained on",
        "With split=all every sequence trains and is judged: the ranking is of use, and figures say "
        "nothing about new logs.",
        "Take split=chronological for figures to report.",
        figures=True,
    )


def _order(caveat: str | None) -> Iterator[RunWarning]:
    if caveat is not None:
        yield RunWarning(
            f"The split is {caveat}",
            "What comes later helps to judge what was before it: new logs may give lower figures.",
            "Report it with the figures. split=chronological, with no offset, trains on the past alone.",
            figures=True,
        )


def _shared(sequences: Mapping[str, Any]) -> Iterator[RunWarning]:
    shared = sequences.get("test_sharing_events_with_train", 0)
    if shared and shared >= SHARED_SHARE * (total := sequences["sequences"]["test"]["total"]):
        yield RunWarning(
            "Test sequences hold events that trained",
            f"{shared:,} of {total:,} ({shared / total:.1%}) overlap with training sequences: they ask "
            "what training showed.",
            "Take windows that do not overlap (sequence.step=null), or one cut between the parts.",
            figures=True,
        )


def _training(sequences: Mapping[str, Any], distinct: int | None) -> Iterator[RunWarning]:
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
