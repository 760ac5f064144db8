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
from anomalog_exp.text_table import text_table
from anomalog_exp.tracking import ui_command

__all__ = ["HEADLINE_COLUMNS", "print_sweep", "write_sweep"]

HEADLINE_COLUMNS = ("f1", "precision", "recall", "auroc", "average_precision")
"""Headline metrics of the primary scope; the first one orders the table."""

_FAILED = ("failed", "lost", "stopped")


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
) -> int:
    """Print the table, what has no result and why, and where to look; the exit code."""
    rows = [_row(record) for record in _best_first(records)]
    print(text_table(rows, ["member", *_swept(records), "status", *HEADLINE_COLUMNS, "seconds"]))
    print()
    for line in _reasons(records):
        print(f"{line}\n")
    counts = Counter(str(record["status"]) for record in records)
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    print(f"members  {len(records)}: {told}")
    print(f"table    {directory / 'results.csv'}")
    if command := ui_command(tracking):
        print(f"compare  {command}")
    return 1 if any(counts[status] for status in _FAILED) else 0


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
    def rank(record: dict[str, Any]) -> tuple[bool, float, int]:
        value = (record.get("metrics") or {}).get(HEADLINE_COLUMNS[0])
        return value is None, -(value or 0.0), record["index"]

    return sorted(records, key=rank)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    metrics = record.get("metrics") or {}
    return {
        "member": record["index"],
        "status": _status(record),
        **_settings(record),
        "scope": record.get("scope"),
        **{name: metrics.get(name) for name in HEADLINE_COLUMNS},
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
