"""What `diff` prints: what was compared, how, and the changes in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from anomalog_exp.commands._analysis import entry, raw_line
from anomalog_exp.plural import how_many
from anomalog_exp.report.write import PAGE
from anomalog_exp.results import StoredRun
from anomalog_exp.results.change_words import (
    comparison_in_words,
    counts_in_words,
    followers_in_words,
    title_of,
)

__all__ = ["diff_text"]

_MORE: Final = 3
_TITLE_LINES: Final = 3
"""Of a change of a template of hundreds of words; changes.json has all of it."""


def diff_text(
    stored: StoredRun,
    changes: dict[str, Any],
    *,
    format_name: str,
    top: int,
    lost: Sequence[str],
    others: str,
) -> str:
    """The comparison on a screen.

    Args:
        stored: What the run has left.
        changes: What `changes.json` holds.
        format_name: What the lines are read as.
        top: How many changes to show.
        lost: Files that are not read: no line of theirs has the format.
        others: What is said of files that are not read as they are not named as logs.
    """
    lines = [
        *(line for after in (False, True) for line in _side(changes, after)),
        *entry("read as", _read(stored.dataset_manifest["dataset"], format_name)),
        *(entry("not read", ", ".join(lost)) if lost else []),
        *(entry("not read", others) if others else []),
        *entry("tested", comparison_in_words(changes)),
    ]
    for rank, change in enumerate(changes["changes"][:top], 1):
        lines += ["", *_change(rank, change)]
    if not changes["changes"]:
        lines += ["", "nothing passes the test, and nothing is new or gone"]
    if (rest := changes["listed"] - min(top, len(changes["changes"]))) > 0:
        lines += ["", f"and {rest:,} more changes"]
    run_dir = stored.paths.run_dir
    lines += ["", *entry("all", str(stored.paths.changes_path))]
    if (page := run_dir / PAGE).is_file():
        lines += entry("report", str(page))
    return "\n".join(lines)


def _side(changes: dict[str, Any], after: bool) -> list[str]:
    runs = [one for one in changes["runs"] if one["after"] == after]
    events, files = sum(one["events"] for one in runs), sum(one["files"] for one in runs)
    names = ", ".join(one["name"] for one in runs[:5]) + (", ..." if len(runs) > 5 else "")
    several = f"{how_many(len(runs), 'run')}, " if len(runs) > 1 else ""
    text = f"{names}: {several}{how_many(files, 'file')}, {how_many(events, 'event')}"
    return entry("after" if after else "before", text)


def _read(dataset: dict[str, Any], format_name: str) -> str:
    text = f"{format_name}; {how_many(dataset['templates'], 'template')}"
    if continued := dataset["lines_continued"]:
        text += f", {how_many(continued, 'line', 'continue one')}"
    if unparsed := dataset["lines_unparsed"]:
        text += f", {how_many(unparsed, 'line', 'do not fit')}"
    if makes := dataset["fields"]["make_events"]:
        text += f"; with {' and '.join(makes)} in the events"
    return text


def _change(rank: int, change: dict[str, Any]) -> Iterator[str]:
    yield from entry(f"#{rank}", title_of(change), most=_TITLE_LINES)
    yield from entry("", counts_in_words(change))
    if follows := followers_in_words(change):
        yield from entry("", follows)
    for line in change["lines"]:
        yield raw_line(f"         {line['place']}: {line['text']}")
        for more in line["more"][:_MORE]:
            yield raw_line(f"             {more.strip()}")
