"""When a log was written, as far as its sample tells: by which field, in which format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser, ParserConfig
from anomalog_exp.data.parsers.known_names import TIME_NAMES
from anomalog_exp.data.parsers.named_fields import NamedFieldsParser
from anomalog_exp.data.reading.years import YearsPassed
from anomalog_exp.data.recognition.time_order import ReadTimes, in_order

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TimeFacts", "time_facts"]


@dataclass(frozen=True)
class TimeFacts:
    """Times of the sample, in Unix milliseconds UTC.

    Attributes:
        fields: That make the time; empty where the parser finds it by itself.
        form: The format of the times; None where the parser knows it, or tells it by their look.
        share: Of the records, those whose time is read.
        first_ms: The earliest.
        last_ms: The latest.
        in_order: Share of times that are not before the one above.
        year_assumed: None of them has a year; they are read as of one that the config names.
        other: A format with day and month the other way, which reads them as well: they are ambiguous.
    """

    fields: tuple[str, ...]
    form: str | None
    share: float
    first_ms: int
    last_ms: int
    in_order: float
    year_assumed: bool
    other: str | None


def time_facts(
    config: ParserConfig,
    parser: Parser,
    lines: pl.Series,
    rows: pl.DataFrame,
    read: ReadTimes | None,
) -> TimeFacts | None:
    """Facts of the times of some records; None where no time is read.

    Args:
        config: Of the parser.
        parser: It has seen the lines.
        lines: (lines,) some lines, of which names of fields are taken.
        rows: (records,) what it gives.
        read: How the format was found, where it was not known.
    """
    times = rows["time_ms"]
    if not times.count():
        return None
    keys = config.model_dump()
    ms = times.fill_null(NO_TIME).to_numpy()
    assumed = parser.assumes_year
    if assumed:
        some = rows[YEAR_ASSUMED].to_numpy() if YEAR_ASSUMED in rows.columns else None
        ms = YearsPassed().dated(ms.copy(), some)
        assumed = some is None or bool(some[ms != NO_TIME].all())
    known = ms[ms != NO_TIME]
    return TimeFacts(
        _fields(keys, parser, lines),
        keys.get("time_format"),
        times.count() / len(times),
        int(np.min(known)),
        int(np.max(known)),
        in_order(times),
        assumed,
        None if read is None else read.other,
    )


def _fields(keys: Mapping[str, Any], parser: Parser, lines: pl.Series) -> tuple[str, ...]:
    if keys.get("time_fields"):
        return tuple(keys["time_fields"])
    if keys.get("time_field"):
        return (keys["time_field"],)
    if not isinstance(parser, NamedFieldsParser):
        return ()
    found = parser.texts(lines, {name: [name] for name in TIME_NAMES})
    return tuple(name for name in TIME_NAMES if found[name].count())[:1]
