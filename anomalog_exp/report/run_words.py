"""What came of a run, in a few sentences: for the terminal, pages and MLflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from anomalog_exp.evaluation import MetricBlock
from anomalog_exp.evaluation.block import ClassCounts, Counts, RangeCounts
from anomalog_exp.metric_terms import Figure, MetricScope, MetricStatus
from anomalog_exp.plural import how_many
from anomalog_exp.report.intervals import in_brackets
from anomalog_exp.results import StoredRun

__all__ = ["result_in_words"]


def result_in_words(stored: StoredRun) -> str:
    """What came of a run that is done, in a few sentences."""
    report, sequences = stored.report, stored.dataset_manifest["sequences"]
    words = [*_words(report.primary, report.decisions, sequences)]
    words += _ranges_in_words(report.blocks.get(MetricScope.RANGE_LEVEL_DETECTION))
    return " ".join(words)


def _words(block: MetricBlock, decisions: MetricBlock, sequences: dict[str, Any]) -> Iterator[str]:
    headline = block.headline or {}
    if Figure.TOP1 in headline and block.counts is not None:
        yield (
            f"The event that followed was the one expected most in {headline[Figure.TOP1]:.1%} of "
            f"{block.counts.counted:,} cases."
        )
    counts, cells, flagged = decisions.counts, decisions.confusion, decisions.diagnostics.flagged
    if counts is None or flagged is None:
        return
    unit = str(decisions.prediction_unit).replace("_", " ")
    if counts.abstained:
        yield f"The detector abstains from {counts.abstained:,} of {counts.units:,} {unit}s."
    figures = decisions.headline or {}
    if decisions.status != MetricStatus.VALID or cells is None or Figure.F1 not in figures:
        if not counts.units:
            yield f"No {unit} is judged: see the warnings."
            return
        share = f" ({flagged / counts.units:.1%})"
        yield f"{flagged:,} of {counts.units:,} {unit}s{_of_what(sequences)}{share} are flagged."
        yield from _which(sequences)
        yield f"{_why_no_figures(counts)}: see the warnings."
        return
    yield f"F1 is {_f1(decisions)}."
    if isinstance(counts, ClassCounts):
        yield (
            f"Of {how_many(counts.anomalous, f'anomalous {unit}')} {cells.tp:,} {_are(cells.tp)} "
            f"caught and {cells.fn:,} missed; of {how_many(cells.tp + cells.fp, 'alarm')} "
            f"{cells.fp:,} {_are(cells.fp)} false."
        )


def _why_no_figures(counts: Counts) -> str:
    """Why nothing is said of how right the verdicts are."""
    if not isinstance(counts, ClassCounts) or not counts.counted:
        return "Whether they should be is not known"
    if counts.normal and counts.anomalous:
        return "What their labels say of that is not counted"
    one = "normal" if counts.normal else "anomalous"
    return f"All that are labelled, {counts.counted:,}, are {one}, so that there are no figures"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _ranges_in_words(block: MetricBlock | None) -> Iterator[str]:
    """What came of ranges, where units have an order."""
    if block is None or block.headline is None or not isinstance(block.counts, RangeCounts):
        return
    ranges, caught = block.counts.anomalous_ranges, block.counts.caught_ranges
    yield (
        f"The anomalous {block.label_unit}s make {how_many(ranges, 'range')}, of which "
        f"{caught:,} {_are(caught)} caught at least in part; F1 over ranges is "
        f"{_f1(block)}."
    )


def _f1(block: MetricBlock) -> str:
    """F1 and its interval."""
    one = block.diagnostics
    between = in_brackets(one.f1_interval_low, one.f1_interval_high)
    return f"{(block.headline or {})[Figure.F1]:.3f}{between}"


def _of_what(sequences: dict[str, Any]) -> str:
    """The size of windows, where all have one."""
    grouping = sequences["sequence"]
    return f" of {grouping['window_size']:,} lines" if grouping["name"] == "fixed" else ""


def _which(sequences: dict[str, Any]) -> Iterator[str]:
    """Which part of the log was judged, and which trained, where that is a stretch of it."""
    split, realised = sequences["requested"]["name"], sequences["realised"]
    held = realised.get("validation_fraction")  # runs of before there was one lack it
    if split == "all":
        yield "They are the whole log, and all of it trained."
    elif split == "chronological":
        offset = sequences["requested"].get("offset")
        log = f"the log, as a circle that begins at {offset:.0%}" if offset else "the log"
        yield (
            f"They are the last {realised['test_fraction']:.0%} of {log}; the first "
            f"{realised['train_fraction']:.0%} trained"
            + (f", the next {held:.0%} were for validation." if held else ".")
        )
    elif split == "by_file":
        files = sequences["files_by_part"]
        but = f", but for {held:.0%} of the sequences, which were for validation" if held else ""
        test, train = (how_many(files[part], "file") for part in ("test", "train"))
        yield f"They are of {test}; {train} trained{but}."
