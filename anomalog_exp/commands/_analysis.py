"""What `analyze` prints: what was read, what was judged, what stands out, and how to go on."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from anomalog_exp.app import RunResult
from anomalog_exp.plural import how_many
from anomalog_exp.report.run_warnings import run_warnings
from anomalog_exp.report.write import PAGE
from anomalog_exp.results import StoredRun
from anomalog_exp.results.anomalies import extent_texts
from anomalog_exp.results.times import clock, duration, has_dates
from anomalog_exp.terminal import printable

__all__ = ["analysis_text", "entry", "raw_line", "skipped_text"]

_WIDTH: Final = 110
_LINE_WIDTH: Final = 200
_LINES: Final = 3
"""Of a finding; anomalies.txt and the page show more."""

_REASON_LINES: Final = 3
"""Of a template of hundreds of words; anomalies.txt has all of it."""


def analysis_text(
    result: RunResult,
    stored: StoredRun,
    *,
    format_name: str,
    top: int,
    command: str,
    not_read: str = "",
) -> str:
    """The analysis of a log on a screen.

    Args:
        result: Of the run.
        stored: What it has left.
        format_name: What the lines are read as.
        top: How many findings to show.
        command: What gives the same run.
        not_read: What is said of files that were left out.
    """
    manifest, findings = stored.dataset_manifest, stored.findings or {}
    lines = [*_read(manifest["dataset"], manifest["template_counts"]["templates"], format_name)]
    lines += entry("not read", not_read) if not_read else []
    verdicts, bundle = findings.get("sequence_verdicts"), manifest.get("bundle")
    # Where nothing tells for a finding, it is as usual as others.
    odd = [one for one in findings.get("sequences", []) if one["predicted"] or one["reasons"]]
    lines += [*_judged(manifest["sequences"], verdicts, bundle, shown=bool(odd[:top]))]
    lines += _new(bundle)
    for warning in run_warnings(stored):
        if not warning.figures:
            lines += entry("warning", f"{warning.title}. {warning.meaning} {warning.advice}")
    for rank, finding in enumerate(odd[:top], 1):
        lines += ["", *_finding(rank, finding, has_dates(manifest["dataset"]))]
    run_dir = Path(result.run_dir)
    lines += ["", *entry("all", str(run_dir / "anomalies.txt"))]
    if (page := run_dir / PAGE).is_file():
        lines += entry("report", str(page))
    if (size := stored.bundle_bytes) is not None:
        lines += entry("kept", f"{size / 1000:,.0f} kB, which judge another log:")
        lines.append(f"{'':<9}python -m anomalog_exp score {shlex.quote(str(run_dir))} NEW.log")
    return "\n".join([*lines, f"command  {command}"])


def skipped_text(result: RunResult, command: str) -> str:
    """Why there is no analysis, and what was tried."""
    return "\n".join([*entry("skipped", str(result.reason)), f"command  {command}"])


def _read(dataset: dict[str, Any], kinds: int, format_name: str) -> Iterator[str]:
    inputs = dataset["inputs"]
    files = inputs[0]["name"] if len(inputs) == 1 else how_many(len(inputs), "file")
    text = (
        f"{files}: {how_many(dataset['lines_total'], 'line')}, read as {format_name}; "
        f"{how_many(dataset['rows'], 'event')} of {how_many(kinds, 'kind')}"
    )
    if continued := dataset.get("lines_continued", 0):
        text += f", {how_many(continued, 'line', 'continue one')}"
    if unparsed := dataset["lines_unparsed"]:
        text += f", {how_many(unparsed, 'line', 'do not fit')}"
    if (first := dataset.get("first_time_ms")) is not None:
        dated = has_dates(dataset)
        begin, end = (clock(ms, dated=dated) for ms in (first, dataset["last_time_ms"]))
        text += f"; {begin} to {end} UTC{_assumed(dataset)}"
    if "rows_unknown" in dataset:
        unknown = dataset["rows_unknown"]
        text += (
            f"; {how_many(unknown, 'event', 'fit no template of training')} "
            f"({unknown / dataset['rows']:.2%})"
        )
    if makes := dataset.get("fields", {}).get("make_events"):
        text += f"; with {' and '.join(makes)} in the events"
    yield from entry("read", text)


def _assumed(dataset: dict[str, Any]) -> str:
    if not has_dates(dataset):
        return ", without a date"
    return ", of a year that is assumed" if dataset.get("year_assumed", False) else ""


def _new(bundle: dict[str, Any] | None) -> Iterator[str]:
    """The gravest kinds of events that a bundle's training never showed."""
    if bundle is None or not (kinds := bundle["new"]["templates"]):
        return
    yield from entry(
        "new", f"{how_many(kinds, 'kind')} of events that training never showed, the gravest first"
    )
    for one in bundle["new"]["gravest"][:_LINES]:
        text = " ".join(one["template"].split())
        text = f"{one['events']:,} from {one['first']} on: {text}"
        yield from entry("", text, mark="- ", most=_REASON_LINES)


def _judged(
    sequences: dict[str, Any],
    verdicts: dict[str, Any] | None,
    bundle: dict[str, Any] | None,
    *,
    shown: bool,
) -> Iterator[str]:
    parts = ("train", "validation", "test")
    train, valid, test = (sequences["sequences"][part]["total"] for part in parts)
    if bundle is not None:
        trained = f"{bundle['trained']['sequences']:,} of {bundle['name']} trained"
    elif sequences["requested"]["name"] == "all":
        trained = "all of which trained"
    else:
        trained = f"{train:,} others trained"
        trained += f", {valid:,} were for validation" if valid else ""
    text = f"{_units(test, sequences['sequence'])}, {trained}"
    if verdicts is not None:
        flagged, least = verdicts["flagged"], f"above the threshold of {verdicts['threshold']:.4g}"
        if not flagged:
            text += f"; none is {least}" + (", and below is what is least usual" if shown else "")
        else:
            text += f"; {flagged:,} {'is' if flagged == 1 else 'are'} {least}"
    yield from entry("judged", text)


def _units(number: int, grouping: dict[str, Any]) -> str:
    """What was judged, in words."""
    match grouping["name"]:
        case "entity":
            return f"{how_many(number, 'session')}, one of each entity"
        case "fixed":
            return f"{how_many(number, 'window')} of {how_many(grouping['window_size'], 'line')}"
        case "line":
            return how_many(number, "line")
        case "time":
            return f"{how_many(number, 'window')} of {duration(grouping['time_span_ms'])}"
        case other:
            return f"{how_many(number, 'sequence')} of sequence={other}"


def _finding(rank: int, finding: dict[str, Any], dated: bool) -> Iterator[str]:
    keys, events = ("first", "last", "begin_ms", "end_ms"), finding["events"]
    parts = [
        *extent_texts(*(finding[key] for key in keys), dated=dated),
        how_many(events, "event"),
    ]
    if finding["entity"] is not None:
        parts.insert(0, str(finding["entity"]))
    if finding["equal"] > 1:
        parts.append(f"{finding['equal'] - 1:,} more like it")
    flagged = "above the threshold" if finding["predicted"] else "below the threshold"
    yield from entry(f"#{rank}", f"{', '.join(parts)}; score {finding['score']:.4g}, {flagged}")
    for reason in finding["reasons"]:
        text = " ".join(reason["evidence"].split())
        yield from entry("", text, mark="- ", most=_REASON_LINES)
    for place in sorted(finding["telling"][:_LINES]):
        line = finding["lines"][place]
        yield raw_line(f"         {line['place']}: {line['text']}")
        if line["more"]:
            yield raw_line(f"             {line['more'][0]}")


def raw_line(text: str) -> str:
    """A line of a log behind its place, as far as there is room for it."""
    shown = printable(text)
    return shown if len(shown) <= _LINE_WIDTH else f"{shown[: _LINE_WIDTH - 3]}..."


def entry(name: str, text: str, mark: str = "", most: int | None = None) -> list[str]:
    """A name and its text, wrapped.

    Args:
        name: At the left of the first line.
        text: Words; paths and commands stay whole.
        mark: Before the first of them.
        most: So many lines at most, of which the last ends in `...` where the text is longer. Words that
            are longer than a line are broken then.
    """
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=f"{name:<9}{mark}",
        subsequent_indent=" " * (9 + len(mark)),
        break_long_words=most is not None,
        break_on_hyphens=False,
        max_lines=most,
        placeholder="...",
    )
