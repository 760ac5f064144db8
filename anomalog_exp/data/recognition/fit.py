"""How well a parser fits some lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.recognition.reading import read
from anomalog_exp.data.recognition.refusals import left_out, why_refused
from anomalog_exp.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Fit", "fit"]

_MISSES: Final = 3
"""How many lines that do not match are kept."""


@dataclass(frozen=True)
class Fit:
    """How well one option fits.

    Attributes:
        option: Of `dataset/structured_parser`.
        keys: Keys of it that differ, and their values.
        matched: Share of lines that match by themselves.
        covered: Share of lines that begin or continue a record.
        timed: Share of records whose time is read, and is one of the years 1990 to 2099.
        fields: How many things a record tells besides its message: time, level, entity, label, and
            fields that are not the same on every line; the mean.
        explained: Share of the characters that are no message.
        misses: The first lines that do not match.
        refused: Why the option cannot be what the log is; None where it can.
    """

    option: str
    keys: dict[str, Any]
    matched: float
    covered: float
    timed: float
    fields: float
    explained: float
    misses: tuple[str, ...]
    refused: str | None


def fit(
    option: str,
    config: ParserConfig,
    lines: pl.Series,
    keys: dict[str, Any] | None = None,
    first_line: str | None = None,
) -> Fit:
    """How well an option fits some lines, of which some are not empty.

    Args:
        option: Of `dataset/structured_parser`.
        config: Its config, with `keys`.
        lines: (lines,) String.
        keys: Those that differ from the option's.
        first_line: A pattern of lines that begin records, as they have a time where others have it; None
            where no such pattern is known.
    """
    given = keys or {}
    try:
        reading = read(config, lines)
    except ConfigError as error:
        return _unfit(option, given, str(error).split("\n")[0])
    except Exception as error:  # noqa: BLE001 - a plugin's parser may raise whatever it likes
        return _unfit(option, given, f"{type(error).__name__}: {error}".split("\n")[0])
    if not len(reading.lines):
        return _unfit(option, given, "there are no lines besides a header")
    matched, rows, count = reading.matched, reading.rows, len(reading.lines)
    if rows.is_empty():
        return _unfit(option, given, "no line matches", tuple(reading.lines.head(_MISSES)))
    continued = 0 if reading.records is None else int(reading.records.continuing.sum())
    texts = reading.lines.filter(matched)
    size = int(texts.str.len_chars().sum() or 0)
    left = int(rows["message"].str.len_chars().sum() or 0)
    return Fit(
        option,
        given,
        matched=len(rows) / count,
        covered=(len(rows) + continued) / count,
        timed=reading.timed / len(rows),
        fields=reading.told,
        explained=max(0.0, 1 - left / size) if size else 0.0,
        misses=tuple(reading.lines.filter(~matched).head(_MISSES)),
        refused=why_refused(option, config, reading)
        or (None if first_line is None else left_out(reading, first_line)),
    )


def _unfit(option: str, keys: dict[str, Any], reason: str, misses: tuple[str, ...] = ()) -> Fit:
    return Fit(option, keys, 0.0, 0.0, 0.0, 0.0, 0.0, misses, reason)
