"""Warnings about the log and how it was read: lines, templates, times, and windows that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from anomalog_exp.data.parsers.format_names import SEVERAL
from anomalog_exp.plural import how_many
from anomalog_exp.report.run_warning import RunWarning
from anomalog_exp.results.times import duration

__all__ = [
    "pinned_warnings",
    "reading_warnings",
    "template_warnings",
    "time_warnings",
    "window_warnings",
]

ONCE_OF_TEMPLATES = 0.5
ONCE_OF_EVENTS = 0.1
"""Where more templates, and more events, are seen once, templates hold what should be masked: a log
whose masks fit has some such templates, of a few of its events."""

ONE_TEMPLATE = 0.9
"""A larger share of events in one template leaves a detector nothing to tell apart."""

EVENTS_OF_ONE = 50
"""Of more than a thousand templates, each should have so many events."""

FEW_EVENTS = 100
"""Fewer events say nothing about the templates of a log."""

FALL_BACK_SHARE = 0.01
"""A larger share of events that are earlier than the one before is no matter of threads."""

FEW_TIMED, TIMED_SHARE = 20, 0.1
"""More lines, and a larger share, that continue others and hold a time are hardly parts of them."""

_SHOWN = 3
"""Kinds of events that a warning names."""

_SIZES = {
    "fixed": "sequence.window_size",
    "time": "sequence.time_span_ms",
    "stream": "sequence.chunk_size",
}


def window_warnings(
    dataset: Mapping[str, Any], sequences: Mapping[str, Any]
) -> Iterator[RunWarning]:
    """Whether the log is longer than what it is cut into."""
    grouping, pool = sequences["sequence"], sequences["sequences"].get("pool", {}).get("total")
    size = _SIZES.get(grouping["name"])
    first, last = dataset.get("first_time_ms"), dataset.get("last_time_ms")
    if grouping["name"] == "time" and first is not None and grouping["time_span_ms"] > last - first:
        yield RunWarning(
            "A window is longer than the log",
            f"A window spans {duration(grouping['time_span_ms'])}, and the log "
            f"{duration(last - first)}.",
            f"Lower {size}, or take more of the log.",
        )
    elif pool == 1 and sequences["sequences"]["test"]["total"]:
        yield RunWarning(
            "The whole log is one sequence",
            f"Its {sequences['rows']:,} events are judged as one: there is nothing to compare it with.",
            f"Lower {size}."
            if size
            else "Take sequence=fixed, or an entity of which there are more.",
        )


def template_warnings(
    dataset: Mapping[str, Any], counts: Mapping[str, Any] | None
) -> Iterator[RunWarning]:
    """Whether templates tell kinds of events apart, and no more than that."""
    if counts is None or counts["events"] < FEW_EVENTS:
        return
    events, most, once = counts["events"], counts["most"], counts["once"]
    mined = dataset.get("template", {}).get("name") != "identity"
    if most > ONE_TEMPLATE * events:
        others = ", ".join(dataset.get("fields", {}).get("make_none", []))
        yield RunWarning(
            "Nearly all events are of one template",
            f"{most:,} of {events:,} ({most / events:.1%}) are {_cut(counts['most_text'])!r}.",
            "This is right for a log of one statement: let its fields tell events apart, by "
            f"template.with_fields{f' (the lines have {others})' if others else ''}. Else the format "
            "cuts too much of the message (dataset.structured_parser).",
        )
    if (differing := counts.get("differing_words")) and counts[
        "templates"
    ] * EVENTS_OF_ONE > events:
        behind = f"Behind {differing['behind']!r}" if differing["behind"] else "At their beginning"
        yield RunWarning(
            "The log has very many templates",
            f"{counts['templates']:,} of {events:,} events. {behind} stand {differing['words']:,} "
            f"different words, as {', '.join(map(_cut, differing['some']))}.",
            "Mask what differs from event to event by template.extra_masks, or see whether the format "
            "cuts the message out of the lines (dataset.structured_parser).",
        )
    elif once > ONCE_OF_TEMPLATES * counts["templates"] and once > ONCE_OF_EVENTS * events:
        yield RunWarning(
            "Most templates are seen once",
            f"{once:,} of {counts['templates']:,}, as {_cut(counts['once_text'])!r}: their texts hold "
            "what differs from event to event.",
            "Mask it by template.extra_masks."
            if mined
            else "Mine templates by template=siblings, or mask what differs by template.extra_masks.",
        )


def pinned_warnings(dataset: Mapping[str, Any]) -> Iterator[RunWarning]:
    """Whether messages are of the templates that a person has pinned."""
    pinned = dataset.get("pinned")
    if pinned is not None and (unused := pinned["unused"]):
        yield RunWarning(
            "Pinned templates fit no message",
            f"{len(unused):,} of {len(pinned['rows']):,}, as {_cut(unused[0])!r}.",
            "Compare their texts with messages of the log; take the others out of the file of "
            "template.pinned, if the log need not hold them.",
        )


def time_warnings(dataset: Mapping[str, Any]) -> Iterator[RunWarning]:
    """Whether events stand in order of time."""
    falls = dataset.get("times_fall_back", {})
    timed = dataset["rows"] - dataset.get("rows_without_time", 0)
    count = falls.get("by_more_than_1_s", 0)
    if falls.get("by_more_than_1_h", 0) or count > FALL_BACK_SHARE * timed:
        yield RunWarning(
            "Times jump back",
            f"{count:,} of {timed:,} events are more than a second earlier than the event before them, "
            f"up to {duration(falls['most_ms'])}, the first of them at {falls['first']}.",
            "If several logs are mixed, sort the lines by time, or give each log by itself. Else see "
            "whether the parser's time format reads the times as they are meant.",
        )
    # Services beside each other are in no order.
    if dataset.get("structured_parser", {}).get("name") != SEVERAL:
        yield from _files_in_order(dataset.get("inputs", []))


def _files_in_order(inputs: Sequence[Mapping[str, Any]]) -> Iterator[RunWarning]:
    timed = [one for one in inputs if one.get("first_time_ms") is not None]
    earlier = [
        (before, after)
        for before, after in pairwise(timed)
        if after["last_time_ms"] < before["first_time_ms"]
    ]
    if earlier:
        before, after = earlier[0]
        yield RunWarning(
            "Files are not read in order of time",
            f"{after['name']} is read behind {before['name']} and ends "
            f"{duration(before['first_time_ms'] - after['last_time_ms'])} before that begins; "
            f"there are {len(earlier)} such files.",
            "List them in order of time: dataset.source.path=[older.log,newer.log].",
        )


def reading_warnings(
    dataset: Mapping[str, Any],
    sequences: Mapping[str, Any],
    without_entity: Mapping[str, Any] | None = None,
) -> Iterator[RunWarning]:
    """Whether all lines were read, with all that belongs to them."""
    lines, rows = dataset["lines_total"], dataset["rows"]
    if unparsed := dataset.get("lines_unparsed", 0):
        sample = next(iter(dataset.get("unparsed_samples", [])), None)
        example = f" One of them is {_sample_text(sample)!r}." if sample is not None else ""
        yield RunWarning(
            "Lines could not be parsed",
            f"{unparsed:,} of {lines:,} lines ({unparsed / lines:.2%}) are left out.{example}",
            "Mend the parser's format; dataset_manifest.json shows samples.",
        )
        yield from _files_without_rows(dataset.get("inputs", []))
    timed, continued = (
        dataset.get("lines_continued_with_time", 0),
        dataset.get("lines_continued", 0),
    )
    if timed >= FEW_TIMED and timed > TIMED_SHARE * continued:
        yield RunWarning(
            "Lines that continue records look like records",
            f"{timed:,} of {continued:,} of them hold a day and a time, as those of another program "
            "do.",
            "If they are records, name their format as well, by dataset/structured_parser=several, or "
            "give each program's log by itself.",
        )
    if invalid := dataset.get("lines_invalid_utf8", 0):
        yield RunWarning(
            "Lines are not UTF-8",
            f"{how_many(invalid, 'line', 'hold other bytes')}, which are read as escapes.",
            "Convert the log, if its texts matter.",
        )
    without_time = dataset.get("rows_without_time", 0)
    if 0 < without_time < rows:
        yield RunWarning(
            "Events have no time",
            f"{without_time:,} of {rows:,} events have none, and are in no figure over time.",
            "Mend the parser's time format, if they should have one.",
        )
    if without := sequences.get("rows_without_entity", 0):
        gravest = without_entity["gravest"][:_SHOWN] if without_entity else []
        kinds = (
            f"'{one['template']}', {one['events']:,} from {one['first']} on" for one in gravest
        )
        example = f" The gravest: {'; '.join(kinds)}." if gravest else ""
        yield RunWarning(
            "Events belong to no entity",
            f"{without:,} of {sequences['rows']:,} events name none and are in no sequence.{example}",
            "Group them by sequence=fixed, time or stream, or mend what finds entities.",
        )
    if unknown := dataset.get("labels_unknown_entities", 0):
        yield RunWarning(
            "Labels name entities that the log does not hold",
            f"{unknown:,} of them count for nothing.",
            "See whether labels and log belong together.",
        )


def _files_without_rows(inputs: Sequence[Mapping[str, Any]]) -> Iterator[RunWarning]:
    silent = [one for one in inputs if one["lines"] and not one.get("rows", 1)]
    if silent and len(inputs) > 1:
        names = ", ".join(one["name"] for one in silent[:_SHOWN])
        more = ", ..." if len(silent) > _SHOWN else ""
        yield RunWarning(
            "Files are not read at all",
            f"Not one line of {how_many(len(silent), 'file')} is an event: {names}{more}.",
            "Look at each of them by itself, as by `python -m anomalog_exp inspect FILE`.",
        )


def _sample_text(sample: Any) -> str:
    if not isinstance(sample, dict):
        return str(sample)[:200]
    place = f"{sample['place']}: " if "place" in sample else ""
    return place + str(sample.get("text", sample))[:200]


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."
