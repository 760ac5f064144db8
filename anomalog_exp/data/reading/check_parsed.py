"""Whether a parser fits a log: a wrong one must not look like a clean data set."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.parsers.format_names import SHAPE
from anomalog_exp.data.parsers.shown import SHOWN, shown_lines
from anomalog_exp.data.parsers.times.named import TIME_FORMAT
from anomalog_exp.data.places import Places
from anomalog_exp.data.reading.blocks import raw_lines
from anomalog_exp.data.reading.event_writer import EventWriter
from anomalog_exp.data.sources.base import Input
from anomalog_exp.errors import DataError
from anomalog_exp.options.typed_name import typed_name

__all__ = ["check_parsed", "check_times", "inspect_command", "parser_name"]

_LOG = logging.getLogger(__name__)
_FEWEST_RECORDS: Final = 0.2
"""Where fewer lines begin a record, the format is more likely wrong than its records so long."""


def check_parsed(
    dataset: DatasetVariantConfig, parser: Parser, inputs: Sequence[Input], events: EventWriter
) -> None:
    """See that the lines of a data set are those that its parser expects.

    Raises:
        DataError: there are no lines, too many do not match, or too few begin a record.
    """
    logs = ", ".join(str(one.origin) for one in inputs[:SHOWN]) + (
        f" and {len(inputs) - SHOWN} more" if len(inputs) > SHOWN else ""
    )
    filled = events.counts["lines_total"] - events.counts["lines_empty"]
    if filled == 0:
        raise DataError.of(
            "dataset.source",
            logs,
            problem="the log has no lines",
            allowed="a text file with at least one line",
            fix="name another file",
        )
    places = Places({"inputs": events.inputs(inputs)})
    missed, continued = events.counts["lines_unparsed"], events.counts["lines_continued"]
    name = parser_name(dataset)
    records = filled - continued
    if missed > dataset.max_unparsed_fraction * records or missed == records:
        shown = _shown(events.samples, places)
        raise DataError.of(
            "dataset.structured_parser",
            name,
            problem=f"{missed:,} of {records:,} lines of {logs} do not match the parser",
            allowed=f"at most {dataset.max_unparsed_fraction:.0%} (dataset.max_unparsed_fraction)",
            fix=f"{inspect_command(inputs)} says which parser fits; the first such lines are\n{shown}",
        )
    if not continued:
        return
    shown = _shown(events.continued, places)
    if records < _FEWEST_RECORDS * filled and not parser.pins_records:
        raise DataError.of(
            "dataset.structured_parser",
            name,
            problem=f"{continued:,} of {filled:,} lines of {logs} do not match the parser",
            allowed=f"at least {_FEWEST_RECORDS:.0%} of the lines begin a record",
            fix=f"{inspect_command(inputs)} says which parser fits; where records are that long, say "
            "how they begin, as by dataset.structured_parser.multiline.starts_with='[0-9]'; the first "
            f"lines that do not match are\n{shown}",
        )
    if continued > dataset.max_unparsed_fraction * filled:
        _LOG.info(
            "%s of %s lines continue the record before them; the first is %s",
            f"{continued:,}",
            f"{filled:,}",
            shown.split("\n")[0].strip(),
        )


def parser_name(dataset: DatasetVariantConfig) -> str:
    """The parser as it was chosen, by itself or with its data set."""
    values = dataset.structured_parser.model_dump(mode="json")
    name = typed_name("dataset/structured_parser", values, SHAPE)
    return name if dataset.preset is None else f"{name}, of dataset={dataset.preset}"


def check_times(
    dataset: DatasetVariantConfig, inputs: Sequence[Input], events: EventWriter, directory: Path
) -> None:
    """Warn of many rows without a time.

    Raises:
        DataError: no row has one.
    """
    rows, without = events.counts["rows"], events.counts["rows_without_time"]
    time_ms = np.load(directory / "time_ms.npy", mmap_mode="r")
    untimed = np.flatnonzero(time_ms == NO_TIME)[:SHOWN]
    lines = np.load(directory / "line.npy", mmap_mode="r")[untimed].tolist()
    texts = raw_lines([one.path for one in inputs], np.array(events.index), lines)
    shown = _shown(sorted(texts.items()), Places({"inputs": events.inputs(inputs)}))
    if without < rows:
        _LOG.warning(
            "the parser reads no time on %s of %s rows; the first are\n%s",
            f"{without:,}",
            f"{rows:,}",
            shown,
        )
        return
    parser = dataset.structured_parser
    form = getattr(parser, "time_format", None)
    raise DataError.of(
        "dataset.structured_parser" + (".time_format" if form else ""),
        form or parser.name,
        problem=f"it reads a time on none of {rows:,} rows",
        allowed=f"a format that reads the times of the log: {TIME_FORMAT}",
        fix=f"mend the format, or choose another parser: {inspect_command(inputs)} says which fits; the "
        f"first such lines are\n{shown}",
    )


def inspect_command(inputs: Sequence[Input]) -> str:
    """The command that finds the parser of a log."""
    return f"`python -m anomalog_exp inspect {shlex.quote(str(inputs[0].origin))}`"


def _shown(samples: Sequence[tuple[int, str]], places: Places) -> str:
    return shown_lines(f"{places.of(number)}: {text}" for number, text in samples)
