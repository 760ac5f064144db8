"""The overrides that read a recognised log, and the sequences that are worth a first look at it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.config.search_path import quoted
from anomalog_exp.options.groups import conf_dir
from anomalog_exp.options.yaml_file import read_yaml

if TYPE_CHECKING:
    from anomalog_exp.data.recognition.recognition import Recognition

__all__ = [
    "allowed_unparsed",
    "grouping_of",
    "grouping_overrides",
    "override_value",
    "overrides_of",
    "parser_overrides",
    "time_windows_of",
]

_WINDOWS: Final = (50, 400)
"""Fewer teach a detector little, and of more nobody looks at the tenth part."""

_GOOD_WINDOWS: Final = 150
_LINES_PER_WINDOW: Final = 10
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_SPANS: Final = (
    *(_SECOND * n for n in (1, 5, 10, 30)),
    *(_MINUTE * n for n in (1, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 6, 12)),
    *(_DAY * n for n in (1, 7)),
)
_SIZES: Final = (10, 20, 25, 50, 100, 200)
_FEWEST_TIMED: Final = 0.9
_TIED_SHARE: Final = 0.95
_TIED_LINES: Final = 4
_ENTITY: Final = (
    "dataset.structured_parser.entity_field=",
    "dataset.structured_parser.entity_pattern=",
)
_PLAIN: Final = re.compile(r"(?!(?i:null|true|false|nan|inf)$)[A-Za-z_/.][\w./-]*", re.ASCII)
"""Texts that need no quotes in overrides."""


def overrides_of(recognition: Recognition, named: Sequence[Path] = ()) -> list[str]:
    """What to type behind `python -m anomalog_exp` for a run on the log.

    The data set with its parser, the fields that make events, and the suggested grouping.

    Args:
        recognition: Of the log.
        named: The log as it was named; empty takes the paths of its files.
    """
    paths = [str(path) for path in named] or [one.path for one in recognition.inputs]
    path = override_value(paths if len(paths) > 1 else paths[0])
    fields, parser = recognition.with_fields, parser_overrides(recognition)
    tied = grouping_of(recognition)["sequence"] == "entity"
    return [
        "dataset=custom",
        f"dataset.source.path={path}",
        *(one for one in parser if tied or not one.startswith(_ENTITY)),
        *([f"template.with_fields={override_value(fields)}"] if fields else []),
        *grouping_overrides(recognition),
    ]


def grouping_overrides(recognition: Recognition, *, by_time: bool = True) -> list[str]:
    """Those that choose the suggested grouping, which may be one by time."""
    grouping = grouping_of(recognition, by_time=by_time)
    return [f"{key}={override_value(value)}" for key, value in grouping.items()]


def parser_overrides(recognition: Recognition) -> list[str]:
    """Those that choose the parser, its keys, and how many lines may not match it."""
    parser = recognition.parser
    option = [] if parser.option == "custom" else [f"dataset/structured_parser={parser.option}"]
    keys = [
        f"dataset.structured_parser.{key}={override_value(value)}"
        for key, value in _flat(parser.keys)
    ]
    most = allowed_unparsed(recognition)
    return [*option, *keys, *([] if most is None else [f"dataset.max_unparsed_fraction={most}"])]


def allowed_unparsed(recognition: Recognition) -> float | None:
    """The `max_unparsed_fraction` that the log needs; None where the default does."""
    share = recognition.records.unparsed
    shared = read_yaml(conf_dir() / "_dataset.yaml")
    return (
        None
        if share <= shared["max_unparsed_fraction"]
        else min(1.0, math.ceil(share * 20 + 1) / 20)
    )


def grouping_of(recognition: Recognition, *, by_time: bool = True) -> dict[str, Any]:
    """The suggested grouping: `sequence`, and its keys.

    By what ties lines together, if that is clear and ties nearly all of them in sessions of some lines:
    what belongs to no session would not be judged, and a session of two lines says little. Else by time,
    where a round duration gives 50 to 400 windows of ten lines or more on average; else by numbers of
    lines; in a small log line by line.

    Args:
        recognition: Of the log.
        by_time: Windows of time may be suggested, which mix files of one hour.
    """
    tie = recognition.tie
    if (
        tie is not None
        and tie.clear
        and tie.share >= _TIED_SHARE
        and tie.median_lines >= _TIED_LINES
    ):
        return {"sequence": "entity"}
    records = recognition.records.count
    if by_time and (best := _fitting_span(recognition)):
        return _windows_of(best)
    if records < _WINDOWS[0] * _SIZES[0]:
        return {"sequence": "line"}
    size = min(_SIZES, key=lambda one: _off(records / one))
    return {"sequence": "fixed", "sequence.window_size": size}


def time_windows_of(recognition: Recognition) -> dict[str, Any]:
    """Windows of time for a log of any length, as `grouping_of` suggests them; empty without times.

    Where no round duration gives both enough windows and enough lines in them, one between is taken.
    """
    times = recognition.times
    span = 0 if times is None else times.last_ms - times.first_ms
    if not span:
        return {}
    wanted = _LINES_PER_WINDOW * span / recognition.records.count

    def miss(one: int) -> float:
        return math.hypot(_off(span / one), max(0.0, math.log(wanted / one)))

    return _windows_of(_fitting_span(recognition) or min(_SPANS, key=miss))


def _fitting_span(recognition: Recognition) -> int | None:
    """The round duration that gives a good number of windows of enough lines; None if none does."""
    times = recognition.times
    if times is None or times.share < _FEWEST_TIMED:
        return None
    span = times.last_ms - times.first_ms
    fitting = [
        one
        for one in _SPANS
        if _WINDOWS[0] <= span / one <= _WINDOWS[1]
        and recognition.records.count * one >= _LINES_PER_WINDOW * span
    ]
    return min(fitting, key=lambda one: _off(span / one), default=None)


def _windows_of(span_ms: int) -> dict[str, Any]:
    return {"sequence": "time", "sequence.time_span_ms": span_ms, "sequence.emit_empty": True}


def _off(windows: float) -> float:
    """How far a number of windows is from a good one, in orders of magnitude."""
    return abs(math.log(windows / _GOOD_WINDOWS))


def _flat(keys: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in keys.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", one) for inner, one in _flat(value))
        else:
            yield key, value


def override_value(value: Any) -> str:
    """A value in the grammar of overrides, easy to read in a shell's single quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(override_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{key}: {override_value(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    text = str(value)
    if isinstance(value, int | float) or _PLAIN.fullmatch(text):
        return text
    # Backslashes are plain ones unless a quote follows.
    return quoted(text) if '"' in text else '"' + re.sub(r"(\\+)$", r"\1\1", text) + '"'
