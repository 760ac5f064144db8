"""The one table of a sweep: every member, best first, on the terminal and as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import TrackingConfig
from anomalog_exp.files import write_json, write_text
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.metric_terms import HEADLINE_COLUMNS, shown_metrics
from anomalog_exp.text_table import text_table
from anomalog_exp.tracking import ui_command

__all__ = ["print_sweep", "write_sweep"]

_FAILED = ("failed", "lost", "stopped")
_JUDGED = ("judged", "flagged", "flagged_share")
"""What there is to compare without labels."""


def write_sweep(directory: Path, records: Sequence[dict[str, Any]]) -> Path:
    """Write `results.csv` and `results.json`, best member first; the path of the CSV."""
    ordered = _best_first(records)
    rows = [_row(record) for record in ordered]
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(column for row in rows for column in row)), restval=""
    )
    writer.writeheader()
    writer.writerows(rows)
    write_json(directory / "results.json", {"members": ordered})
    write_text(directory / "results.csv", text.getvalue())
    return directory / "results.csv"


def print_sweep(
    directory: Path, records: Sequence[dict[str, Any]], tracking: TrackingConfig
) -> ExitCode:
    """Print the table, what has no result and why, and where to look; the exit code."""
    rows = [_row(record) for record in _best_first(records)]
    columns = ["member", *_swept(records), "status", *_figures(records), "seconds"]
    print(text_table(rows, columns))
    print()
    for line in _reasons(records):
        print(f"{line}\n")
    counts = Counter(str(record["status"]) for record in records)
    summary = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    print(f"members  {len(records)}: {summary}")
    print(f"table    {directory / 'results.csv'}")
    if command := ui_command(tracking, directory):
        print(f"compare  {command}")
    if any(counts[status] for status in _FAILED):
        return ExitCode.FAILED
    return ExitCode.DONE if counts["done"] else ExitCode.SKIPPED


def _reasons(records: Sequence[dict[str, Any]]) -> list[str]:
    """Why members have no result; those of one reason share a line."""
    members: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record["status"] != "done":
            same = members.setdefault((record["status"], record["reason"]), [])
            same.append(str(record["index"]))
    return [
        f"{'member' if len(names) == 1 else 'members'} {', '.join(names)} {status}: {reason}"
        for (status, reason), names in members.items()
    ]


def _best_first(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By F1; then what has another metric to be ordered by; then what has none."""

    def rank(record: dict[str, Any]) -> tuple[bool, bool, float, int]:
        name, value = record.get("primary_metric"), record.get("primary_value")
        return name != HEADLINE_COLUMNS[0], value is None, -(value or 0.0), record["index"]

    return sorted(records, key=rank)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    metrics = record.get("metrics") or {}
    judged, flagged = record.get("judged"), record.get("flagged")
    return {
        "member": record["index"],
        "status": _status(record),
        **_settings(record),
        "scope": record.get("scope"),
        **{str(name): metrics.get(name) for name in HEADLINE_COLUMNS},
        **{name: metrics[name] for name in shown_metrics(metrics)},
        "f1_low": record.get("f1_low"),
        "f1_high": record.get("f1_high"),
        "judged": judged,
        "flagged": flagged,
        "flagged_share": None if flagged is None or not judged else flagged / judged,
        "seconds": record.get("seconds"),
        "reason": record.get("reason"),
        "run_dir": record.get("run_dir"),
    }


def _status(record: dict[str, Any]) -> str:
    status = "reused" if record.get("reused") else str(record["status"])
    return f"{status} (oracle)" if record.get("oracle") else status


def _settings(record: dict[str, Any]) -> dict[str, str]:
    pairs = (override.split("=", 1) for override in record["overrides"])
    return {key.lstrip("+"): value for key, value in pairs}


def _swept(records: Sequence[dict[str, Any]]) -> list[str]:
    """The overrides' keys whose values differ between members, in the order of the command."""
    settings = [_settings(record) for record in records]
    keys = dict.fromkeys(key for one in settings for key in one)
    return [key for key in keys if len({one.get(key) for one in settings}) > 1]


def _figures(records: Sequence[dict[str, Any]]) -> list[str]:
    """The columns that compare members: metrics, and what was flagged where no detection has any."""
    metrics = {name: 0.0 for record in records for name in record.get("metrics") or {}}
    shown = shown_metrics(metrics)
    if HEADLINE_COLUMNS[0] in shown or all(record.get("judged") is None for record in records):
        return shown
    return [*shown, *_JUDGED]
