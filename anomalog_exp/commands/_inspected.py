"""What was recognised of a log, on one screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import timedelta

from anomalog_exp.commands._about import about_yaml
from anomalog_exp.config.suggested import grouping_overrides, override_value
from anomalog_exp.data.parsers.format_names import SEVERAL
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.options.names import option_files
from anomalog_exp.results.times import clock
from anomalog_exp.text_table import text_table

__all__ = ["inspected_text"]

_INDENT = 11
_WIDTH = 110
_MOST_FIELDS = 12
_MOST_FILES = 5
_UNITS = ("B", "kB", "MB", "GB", "TB")


def inspected_text(found: Recognition, not_read: str = "") -> str:
    """A few lines on each thing, under a word that names it.

    Args:
        found: What the log is.
        not_read: What is said of files that were left out.
    """
    parts = {
        "log": _files(found),
        "not read": iter(textwrap.wrap(not_read, _WIDTH - _INDENT)),
        "lines": _lines(found),
        "format": _format(found),
        "times": _times(found),
        "records": _records(found),
        "fields": _fields(found),
        "ties": _ties(found),
        "templates": _templates(found),
    }
    return "\n".join(
        line
        for title, texts in parts.items()
        for place, line in enumerate(_indented(texts))
        for line in [f"{title if place == 0 else '':{_INDENT}}{line}".rstrip()]
    )


def _indented(texts: Iterator[str]) -> Iterator[str]:
    """Lines as a terminal shows them: cut, and control characters as escapes."""
    room = _WIDTH - _INDENT
    for line in (line for text in texts for line in text.split("\n")):
        shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in line[: room + 1])
        yield shown if len(shown) <= room else f"{shown[: room - 3]}..."


def _files(found: Recognition) -> Iterator[str]:
    for one in found.inputs[:_MOST_FILES]:
        packed = f", {one.compression}" if one.compression else ""
        yield f"{one.path}  ({_size(one.bytes)}, {one.encoding}{packed})"
    if len(found.inputs) > _MOST_FILES:
        yield f"and {len(found.inputs) - _MOST_FILES} more"


def _lines(found: Recognition) -> Iterator[str]:
    sample = f"of which {found.sample_lines:,} were looked at"
    yield (
        f"{found.lines:,}, all of them looked at"
        if found.lines_counted
        else (f"about {found.lines:,}, {sample}")
    )


def _format(found: Recognition) -> Iterator[str]:
    parser, fit = found.parser, found.fit
    if found.known:
        yield f"{parser.option}: {about_yaml(option_files('dataset/structured_parser')[parser.option])}"
    elif found.recognised:
        yield "none that ships; read by what its lines look like"
    else:
        yield "not recognised: each line is its own message"
    for key, value in parser.keys.items():
        yield f"{key}: {value if isinstance(value, str) else override_value(value)}"
    if not found.recognised:
        return
    yield f"{fit.matched:.1%} of the lines match, {fit.timed:.1%} of these have a time that is read"
    others = [
        f"{one.option} ({one.matched:.0%})"
        for one in found.fits
        if one.refused is None and one.option != parser.option
    ]
    if others:
        yield f"also fitting: {', '.join(others)}"
    if found.records.unparsed:
        yield "lines that do not match:"
        yield from (f"  {line}" for line in fit.misses)


def _times(found: Recognition) -> Iterator[str]:
    times = found.times
    if times is None:
        yield "none"
        return
    named = f"{' '.join(times.fields)}, " if times.fields else ""
    unknown = "told by their look" if named else "as the parser knows them"
    form = f"{named}{times.form or unknown}"
    span = timedelta(milliseconds=times.last_ms - times.first_ms)
    dated = not found.parser.config.build_parser().assumes_date
    first, last = (clock(ms, dated=dated) for ms in (times.first_ms, times.last_ms))
    yield f"{first} to {last} UTC ({span - timedelta(microseconds=span.microseconds)}); {form}"
    if not dated:
        yield "they name no date: all are read as of one day"
    elif times.year_assumed:
        several = found.parser.option == SEVERAL
        whose = "`year` of each parser" if several else "dataset.structured_parser.year"
        yield f"they name no year: {whose} is that of the first line"
    elif found.parser.config.build_parser().assumes_year:
        yield "some name no year: that of the others was taken; see `year` above"
    if times.other:
        yield f"day and month are ambiguous: {times.other} reads them as well"
    if times.in_order < 1:
        yield f"{1 - times.in_order:.2%} stand before the one above them"


def _records(found: Recognition) -> Iterator[str]:
    records = found.records
    if not records.example:
        yield "of one line each"
        return
    yield f"{records.continuing:.1%} of the lines continue the one before them, as"
    yield from (f"  {line}" for line in records.example)


def _fields(found: Recognition) -> Iterator[str]:
    if not found.fields:
        yield "none"
        return
    rows = [
        {
            "field": one.name,
            "on lines": f"{one.share:.0%}",
            "values": one.distinct,
            "the most frequent": ", ".join(textwrap.shorten(x, 40) for x in one.examples),
        }
        for one in found.fields[:_MOST_FIELDS]
    ]
    yield text_table(rows, list(rows[0]))
    if len(found.fields) > _MOST_FIELDS:
        yield f"and {len(found.fields) - _MOST_FIELDS} more"
    if found.with_fields:
        yield f"of these {', '.join(found.with_fields)} should make events"


def _ties(found: Recognition) -> Iterator[str]:
    tie = found.tie
    if tie is None:
        yield "nothing"
    else:
        what = f"the field {tie.field}" if tie.field else "what the parser finds"
        yield (
            f"{'clearly' if tie.clear else 'not clearly'} "
            f"{f'the pattern {tie.pattern}' if tie.pattern else what}"
        )
        yield (
            f"on {tie.share:.0%} of the lines, {tie.distinct:,} values, {tie.median_lines:g} lines each "
            f"(median), as {tie.example}"
        )
    yield f"suggested: {' '.join(grouping_overrides(found))}"


def _templates(found: Recognition) -> Iterator[str]:
    facts = found.templates
    if facts is None:
        yield "not mined"
        return
    score = "" if facts.score is None else f"; score {facts.score:.2f} of 1 (PMSS)"
    yield (
        f"{facts.distinct:,} of {facts.messages:,} messages by {facts.miner}, {facts.once:,} of them "
        f"seen once{score}"
    )
    width = len(f"{facts.frequent[0][1]:,}") if facts.frequent else 1
    yield from (f"{count:{width},}  {text}" for text, count in facts.frequent)
    if facts.rare:
        yield "the rarest:"
        yield from (f"{count:{width},}  {text}" for text, count in facts.rare)


def _size(count: int) -> str:
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit takes any size")
