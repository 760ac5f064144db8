"""The page of one run: what was run, what came of it, what to mistrust, and where to look."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.report.metric_tables import metric_tables
from anomalog_exp.report.published import beside, by_source
from anomalog_exp.report.rendering import rendered
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.report.run_warnings import run_warnings
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.results import StoredRun
from anomalog_exp.results.anomalies import extent_texts
from anomalog_exp.results.change_words import (
    comparison_in_words,
    counts_in_words,
    followers_in_words,
    title_of,
)
from anomalog_exp.results.times import clock, has_dates

__all__ = ["run_page"]

_LABELS = {1: "labelled anomalous", 0: "labelled normal", -1: "not labelled"}
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
    dated = stored.status["status"] != "done" or has_dates(stored.dataset_manifest["dataset"])
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
        "clock": partial(_clock, dated=dated),
        "extent": partial(_extent, dated=dated),
    }
    if status["status"] == "done":
        report, manifest = stored.report, stored.dataset_manifest
        facts |= {
            "result": result_in_words(stored),
            "blocks": metric_tables(report),
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
    return [("the same run", shlex.join(["python", "-m", "anomalog_exp", *overrides])), again]


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


def _extent(finding: dict[str, Any], dated: bool) -> str:
    """Where and when a sequence of a finding begins and ends; empty in runs of before that was kept."""
    keys = ("first", "last", "begin_ms", "end_ms")
    return ", ".join(extent_texts(*map(finding.get, keys), dated=dated))


def _clock(time_ms: int | None, dated: bool) -> str:
    """A time as people write it, in UTC."""
    if time_ms is None:
        return ""
    return clock(time_ms, dated=dated) + (f".{time_ms % 1000:03d}" if time_ms % 1000 else "")
