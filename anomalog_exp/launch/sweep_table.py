"""The tables of a sweep: every member, best first, or one row for those that repeat a configuration."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.settings import SweepConfig
from anomalog_exp.files import write_json, write_text
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.metric_terms import F1_INTERVAL, HEADLINE_COLUMNS, Figure
from anomalog_exp.report.sweep_page import sweep_in_words
from anomalog_exp.report.write import PAGE
from anomalog_exp.results.members import (
    Member,
    best_first,
    is_of_validation,
    is_repeat,
    members_by_caveat,
    ranking_of,
    shown_columns,
    swept_keys,
)
from anomalog_exp.results.summaries import (
    Repeated,
    Summary,
    repeated,
    summary_rows,
    summary_table_rows,
)
from anomalog_exp.text_table import text_table
from anomalog_exp.tracking import ui_command

__all__ = ["ending_of", "print_members", "print_sweep", "write_sweep"]

_FAILED = ("failed", "lost", "stopped")
_JUDGED = ("judged", "flagged", "flagged_share")
"""What there is to compare without labels."""

_SHORT = {str(Figure.AVERAGE_PRECISION): "ap"}
"""Names that would make the printed table wider than what they name."""


def write_sweep(directory: Path, records: Sequence[dict[str, Any]], asked: SweepConfig) -> Path:
    """Write every member, best first, as CSV and JSON, and `summary.csv` where that is asked for.

    Returns:
        The path of `results.csv`.
    """
    members = _ordered(records)
    by_index = {int(record["index"]): record for record in records}
    write_json(directory / "results.json", {"members": [by_index[one.index] for one in members]})
    _write_csv(directory / "results.csv", [_row(member) for member in members])
    summary = directory / "summary.csv"
    if asked.summarize:
        _write_csv(summary, summary_rows(_configurations(members, asked.summarize)))
    else:
        summary.unlink(missing_ok=True)  # an earlier round of the sweep was asked for it
    return directory / "results.csv"


def print_sweep(directory: Path, records: Sequence[dict[str, Any]], config: RunConfig) -> ExitCode:
    """Print the members, and where to look; the exit code of the sweep."""
    asked = config.sweep
    print_members(records, asked.summarize, asked.summary)
    if (page := directory / PAGE).is_file():
        print(f"report   {page}")
    print(f"table    {directory / 'results.csv'}")
    if asked.summarize:
        print(f"summary  {directory / 'summary.csv'}")
    if command := ui_command(config.tracking, directory):
        print(f"mlflow   {command}")
    best = _ordered(records)[:1]
    if best and is_of_validation(best[0].metric):
        print(f"best     {best[0].run_dir}")
        print(f"again    {_command(records, best[0].index)}")
    return ending_of(records)


def ending_of(records: Sequence[dict[str, Any]]) -> ExitCode:
    """The exit code of a sweep whose members came to this."""
    statuses = [str(record["status"]) for record in records]
    if any(status in _FAILED for status in statuses):
        return ExitCode.FAILED
    return ExitCode.DONE if "done" in statuses else ExitCode.SKIPPED


def _command(records: Sequence[dict[str, Any]], index: int) -> str:
    """What runs one member alone; an experiment would make a sweep of it."""
    (overrides,) = (record["overrides"] for record in records if record["index"] == index)
    alone = any(override.startswith("experiment=") for override in overrides)
    words = ["python", "-m", "anomalog_exp", *overrides, *(["hydra.mode=RUN"] if alone else [])]
    return shlex.join(words)


def print_members(
    records: Sequence[dict[str, Any]], summarize: Sequence[str] = (), summary: Summary = "mean"
) -> None:
    """Print the table, what has no result and why, and the result in words.

    Args:
        records: Of the members.
        summarize: Keys whose values repeat a configuration; none shows every member.
        summary: What stands for the repeats.
    """
    members = _ordered(records)
    if summarize:
        print(_summary_table(_configurations(members, summarize), summary))
    else:
        ranking = ranking_of(members)
        raised = [ranking] if is_of_validation(ranking) else []
        columns = ["member", *swept_keys(members), "status", *raised, *_figures(members), "seconds"]
        print(text_table([_shown(member) for member in members], columns))
        if over := _repeated_keys(members):
            print(f"\nmedian (and range) over {', '.join(over)}\n")
            print(_summary_table(_configurations(members, over), "median"))
    print()
    lines = [*_equal_repeats(members, summarize), *_caveats(members), *_reasons(members)]
    for line in lines:
        print(f"{line}\n")
    print(sweep_in_words(members))


def _ordered(records: Sequence[dict[str, Any]]) -> list[Member]:
    """By F1 or what a search raised; then what has another metric to be ranked by; then the rest."""
    members = [Member.of(record) for record in records]
    return best_first(members, ranking_of(members))


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def _row(member: Member) -> dict[str, Any]:
    return {
        "member": member.index,
        "status": member.status_shown,
        **member.settings,
        **({str(member.metric): member.value} if is_of_validation(member.metric) else {}),
        "scope": member.scope,
        **{str(name): member.metrics.get(name) for name in HEADLINE_COLUMNS},
        **member.metrics,
        "f1_low": member.f1_low,
        "f1_high": member.f1_high,
        "judged": member.judged,
        "flagged": member.flagged,
        "flagged_share": member.flagged_share,
        "seconds": member.seconds,
        "reason": member.reason,
        "run_dir": None if member.run_dir is None else str(member.run_dir),
    }


def _shown(member: Member) -> dict[str, Any]:
    """The row of a member as it is printed."""
    row = {_SHORT.get(name, name): value for name, value in _row(member).items()}
    return row | {F1_INTERVAL: member.f1_interval}


def _configurations(members: Sequence[Member], over: Sequence[str]) -> list[Repeated]:
    return repeated(members, swept_keys(members), over)


def _repeated_keys(members: Sequence[Member]) -> list[str]:
    """Seeds and offsets that the sweep varies."""
    return [key for key in swept_keys(members) if is_repeat(key)]


def _summary_table(configurations: Sequence[Repeated], summary: Summary) -> str:
    rows = summary_table_rows(configurations, summary)
    return text_table(rows, list(dict.fromkeys(column for row in rows for column in row)))


def _equal_repeats(members: Sequence[Member], over: Sequence[str]) -> Iterator[str]:
    """Configurations whose repeats are all the same, as of a detector that uses no seed."""
    keys = [key for key in swept_keys(members) if key in over] if over else _repeated_keys(members)
    equal = [one for one in _configurations(members, keys) if keys and one.all_equal]
    if equal:
        names = "; ".join(one.name if one.settings else "all members" for one in equal)
        yield f"the same figures for every {', '.join(keys)}, so that no spread is known: {names}"


def _caveats(members: Sequence[Member]) -> Iterator[str]:
    """What splits let training know, and of which members."""
    for caveat, count in members_by_caveat(members).items():
        yield f"{count} of {len(members)} members: {caveat}"


def _reasons(members: Sequence[Member]) -> Iterator[str]:
    """Why members have no result; those of one reason share a line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for member in sorted(members, key=lambda member: member.index):
        if member.status != "done":
            same = alike.setdefault((member.status, member.reason or "None"), [])
            same.append(str(member.index))
    for (status, reason), names in alike.items():
        yield f"{'member' if len(names) == 1 else 'members'} {', '.join(names)} {status}: {reason}"


def _figures(members: Sequence[Member]) -> list[str]:
    """The columns that compare members: metrics, and what was flagged where no detection has any."""
    shown = [_SHORT.get(name, name) for name in shown_columns(members)]
    if HEADLINE_COLUMNS[0] in shown or all(member.judged is None for member in members):
        return shown
    return [*shown, *_JUDGED]
