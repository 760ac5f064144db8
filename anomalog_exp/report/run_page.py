"""The page of one run: what was run, what came of it, what to mistrust, and where to look."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.evaluation import MetricBlock, MetricReport
from anomalog_exp.evaluation.block import ClassCounts, RangeCounts, Recount
from anomalog_exp.metric_terms import Figure, MetricScope, MetricStatus, interval_text
from anomalog_exp.report.intervals import headline_intervals, in_brackets
from anomalog_exp.report.published import beside, by_source
from anomalog_exp.report.rendering import rendered
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.report.run_warnings import run_warnings
from anomalog_exp.results import StoredRun
from anomalog_exp.results.anomalies import extent_texts
from anomalog_exp.results.change_words import (
    comparison_in_words,
    counts_in_words,
    followers_in_words,
    title_of,
)
from anomalog_exp.results.times import clock

__all__ = ["result_in_words", "run_page"]

_LABELS = {1: "labelled anomalous", 0: "labelled normal", -1: "not labelled"}
_NAMES: dict[str, str] = {
    Figure.F1: "F1",
    Figure.AUROC: "area under the ROC curve",
    Figure.AVERAGE_PRECISION: "average precision",
    Figure.PRECISION_AT_10: "precision of the 10 highest",
    Figure.PRECISION_AT_100: "precision of the 100 highest",
    Figure.R_PRECISION: "precision of as many as are anomalous",
    Figure.WORKLOAD_90: "findings per 1,000 events to see 90 %",
    Figure.TOP1_MACRO: "top 1, mean over templates",
    Figure.TOP1_WEIGHTED: "top 1, weighted by template",
}
_FIRST = (Figure.F1, Figure.PRECISION, Figure.RECALL, Figure.AUROC, Figure.AVERAGE_PRECISION)
_PARTS = ("train", "validation", "test", "ignored")
_STAGES = {
    "dataset": "reading the log, or opening what is kept of it",
    "sequences": "grouping and splitting",
    "fit": "training",
    "decide": "finding the threshold",
    "score": "scoring the test part",
    "evaluate": "measuring",
    "anomalies": "picking the findings",
    "timeline": "counting over time",
    "changes": "comparing both sides",
    "predictions": "writing predictions",
}


def run_page(stored: StoredRun, library: str) -> str:
    """The HTML of one run that has ended, however it ended.

    Args:
        stored: The run.
        library: The script that draws charts, see `bundle.chart_library`.
    """
    status, config, environment = stored.status, stored.config, stored.environment
    facts = {
        "title": config.name,
        "description": config.description,
        "status": status["status"],
        "reason": status["reason"],
        "sentence": _sentence(config),
        "commands": _commands(stored.paths.run_dir, config, environment["overrides"]),
        "warnings": run_warnings(stored),
        "seconds": _seconds(environment["seconds"]),
        "total_seconds": environment["seconds"]["total"],
        "peak_memory_mb": environment["peak_memory_mb"],
        "provenance": _provenance(stored, environment),
        "result": None,
        "blocks": [],
        "findings": None,
        "changes": None,
        "published": None,
        "new": None,
        "manifest": None,
        "labels": _LABELS,
        "parts_of_split": [],
        "clock": _clock,
        "extent": _extent,
    }
    if status["status"] == "done":
        report, manifest = stored.report, stored.dataset_manifest
        facts |= {
            "result": result_in_words(stored),
            "blocks": _blocks(report),
            "findings": stored.findings,
            "changes": _changes(stored),
            "published": by_source(row for row in beside(config.published, [stored]) if row.ours),
            "new": manifest.get("bundle", {}).get("new"),
            "manifest": manifest,
            "parts_of_split": _parts(manifest["sequences"]),
            "model": _flat(stored.model_manifest),
            "settings": _flat(_chosen(config)),
        }
    return rendered("run.html.j2", facts, run_charts(stored), library)


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
        yield "Whether they should be is not known: see the warnings."
        return
    yield f"F1 is {_f1(decisions)}."
    if isinstance(counts, ClassCounts):
        yield (
            f"Of {counts.anomalous:,} anomalous {unit}s {cells.tp:,} are caught and {cells.fn:,} "
            f"missed; of {cells.tp + cells.fp:,} alarms {cells.fp:,} are false."
        )


def _ranges_in_words(block: MetricBlock | None) -> Iterator[str]:
    """What came of ranges, where units have an order."""
    if block is None or block.headline is None or not isinstance(block.counts, RangeCounts):
        return
    ranges, caught = block.counts.anomalous_ranges, block.counts.caught_ranges
    yield (
        f"The anomalous {block.label_unit}s make {ranges:,} range{'' if ranges == 1 else 's'}, of which "
        f"{caught:,} {'is' if caught == 1 else 'are'} caught at least in part; F1 over ranges is "
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
        yield f"They are of {_files(files['test'])}; {_files(files['train'])} trained{but}."


def _files(number: int) -> str:
    return f"{number:,} file{'' if number == 1 else 's'}"


def _sentence(config: RunConfig) -> str:
    """What was run."""
    dataset = config.dataset
    part = (
        f", lines {dataset.line_range[0]:,} to {dataset.line_range[1]:,}"
        if dataset.line_range
        else ""
    )
    trained = "trained on another log" if config.bundle else f"split {config.split.name}"
    return (
        f"The detector {config.model.name} on the log {dataset.name}{part}: messages as templates by "
        f"{config.template.name}, events grouped by {config.sequence.name}, {trained}, "
        f"threshold by {config.model.decision.name}, seed {config.seed}."
    )


def _commands(run_dir: Path, config: RunConfig, overrides: list[str]) -> list[tuple[str, str]]:
    """What each command does, and the command."""
    again = (
        "again from its own config",
        f"python -m anomalog_exp rerun {shlex.quote(str(run_dir))}",
    )
    if config.bundle is not None:
        path = config.dataset.source.model_dump(mode="json")["path"]
        logs = [path] if isinstance(path, str) else path
        words = ["python", "-m", "anomalog_exp", "score", str(config.bundle.path), *logs]
        return [("judge the log", shlex.join([*words, *overrides])), again]
    if not overrides:  # nothing was typed, or the run was started from Python
        return [again]
    return [("as it was typed", shlex.join(["python", "-m", "anomalog_exp", *overrides])), again]


def _blocks(report: MetricReport) -> list[dict[str, Any]]:
    """The metrics of each scope that was measured, the one that leads first."""
    measured = [report.primary_scope, *(s for s in report.blocks if s != report.primary_scope)]
    blocks = [report.blocks[scope] for scope in measured]
    return [
        {
            "title": str(block.scope).replace("_", " "),
            "leads": block.scope == report.primary_scope,
            "reason": block.reason,
            "counts": block.counts,
            "figures": _figures(block),
            "beside": _beside(block),
        }
        for block in blocks
        if block.counts is not None
    ]


def _figures(block: MetricBlock) -> list[dict[str, Any]]:
    headline, intervals = block.headline or {}, headline_intervals(block)
    names: list[str] = [name for name in _FIRST if name in headline]
    names += sorted((name for name in headline if name not in names), key=_by_candidates)
    return [
        {
            "name": _NAMES.get(name) or name.replace("_", " "),
            "value": headline[name],
            "interval": intervals.get(name),
        }
        for name in names
    ]


def _by_candidates(name: str) -> tuple[int, str]:
    """`top5` before `top10`, and what has no number behind them."""
    number = name.removeprefix("top")
    return (int(number), "") if number.isdecimal() else (sys.maxsize, name)


def _beside(block: MetricBlock) -> list[tuple[str, str]]:
    """Diagnostics that a reader asks for."""
    one = block.diagnostics
    rows: list[tuple[str, Any]] = [
        ("threshold", one.threshold),
        ("flagged", one.flagged),
        ("false positive rate", one.false_positive_rate),
        ("Matthews correlation", one.mcc),
        ("best F1 of any threshold (an oracle, no result)", one.oracle_best_f1),
        ("distinct test sequences", one.distinct_test_sequences),
        ("share of test sequences seen in training", one.test_share_seen_in_train),
        ("findings to see 90 % of the anomalies", _rounded_up(one.workload_90_findings)),
        ("F1 with equal sequences counted once", _recounted_f1(one.unique)),
        ("F1 by session", _recounted_f1(one.sessions)),
    ]
    return [(name, _beside_text(value)) for name, value in rows if value is not None]


def _beside_text(value: int | float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _rounded_up(value: float | None) -> int | None:
    return None if value is None else math.ceil(value)


def _recounted_f1(recount: Recount | None) -> str | None:
    if recount is None:
        return None
    interval = interval_text(recount.f1_interval_low, recount.f1_interval_high)
    return f"{recount.f1:.4g}" + (f" ({interval})" if interval else "")


def _changes(stored: StoredRun) -> dict[str, Any] | None:
    """What changed between both sides, in words and with lines."""
    changes = stored.changes
    if changes is None:
        return None
    shown = [
        {
            "title": title_of(one),
            "passes": one["passes"],
            "counts": counts_in_words(one),
            "follows": followers_in_words(one),
            "lines": one["lines"],
        }
        for one in changes["changes"]
    ]
    return {
        "tested": comparison_in_words(changes),
        "runs": changes["runs"],
        "shown": shown,
        "left_out": changes["listed"] - len(shown),
    }


def _parts(sequences: dict[str, Any]) -> list[dict[str, Any]]:
    """Sequences and events of each part of the split that holds any."""
    return [
        {"name": part, "events": sequences["events"].get(part), **sequences["sequences"][part]}
        for part in _PARTS
        if sequences["sequences"].get(part, {}).get("total")
    ]


def _chosen(config: RunConfig) -> dict[str, Any]:
    """The options of the groups that decide a result."""
    whole = config.model_dump(mode="json")
    groups = ("sequence", "split", "template", "model", "evaluation")
    return {group: whole[group] for group in groups} | {"seed": config.seed}


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """`a.b` -> value, the values as short text."""
    rows = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            text = str(value)
            rows.append((f"{prefix}{key}", text if len(text) <= 200 else f"{text[:200]}…"))
    return rows


def _seconds(seconds: dict[str, float]) -> list[dict[str, Any]]:
    """Stages in the order in which they ran, and their share of the time."""
    stages = {name: seconds[name] for name in _STAGES if name in seconds}
    stages |= {name: s for name, s in seconds.items() if name not in stages and name != "total"}
    total = max(seconds["total"], *stages.values(), 1e-9) if stages else 1.0
    return [
        {"name": _STAGES.get(name, name), "seconds": spent, "share": spent / total}
        for name, spent in stages.items()
    ]


def _provenance(stored: StoredRun, environment: dict[str, Any]) -> list[tuple[str, str]]:
    status = stored.status
    commit = environment.get("git_commit")
    dirty = " with changes that are not committed" if environment.get("git_dirty") else ""
    packages = environment["packages"].items()
    return [
        ("begun", environment["begun"]),
        ("ended", environment["ended"]),
        ("run dir", str(stored.paths.run_dir)),
        *_bundles(stored),
        ("fingerprint of the config", status["config_fingerprint"]),
        ("digest of the data", status["data_digest"]),
        ("digest of the code", status["code_digest"]),
        ("commit", f"{commit}{dirty}" if commit else "not run from a checkout"),
        ("Python", environment["python"]),
        ("platform", f"{environment['platform']}, {environment['cpu_count']} cores"),
        ("packages", ", ".join(f"{name} {version}" for name, version in packages if version)),
    ]


def _bundles(stored: StoredRun) -> Iterator[tuple[str, str]]:
    """What the run keeps for other logs, and what judged this one."""
    if (size := stored.bundle_bytes) is not None:
        command = f"python -m anomalog_exp score {shlex.quote(str(stored.paths.run_dir))} LOG"
        yield "bundle", f"{size / 1000:,.0f} kB, judge another log: {command}"
    if stored.status["status"] == "done" and (used := stored.dataset_manifest.get("bundle")):
        yield "judged by", f"the bundle of {used['name']}, {used['digest'][:16]}"


def _extent(finding: dict[str, Any]) -> str:
    """Where and when a sequence of a finding begins and ends; empty in runs of before that was kept."""
    keys = ("first", "last", "begin_ms", "end_ms")
    return ", ".join(extent_texts(*map(finding.get, keys)))


def _clock(time_ms: int | None) -> str:
    """A time as people write it, in UTC."""
    if time_ms is None:
        return ""
    return clock(time_ms) + (f".{time_ms % 1000:03d}" if time_ms % 1000 else "")
