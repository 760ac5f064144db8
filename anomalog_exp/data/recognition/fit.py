"""How well a parser fits some lines: what it reads, and what tells that it misreads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.parsers.csv import CsvParser
from anomalog_exp.data.parsers.known_names import LEVEL_NAMES, MESSAGE_NAMES, TIME_NAMES
from anomalog_exp.data.parsers.levels import level_codes
from anomalog_exp.data.parsers.named_fields import NamedFieldsParser
from anomalog_exp.data.reading.parse_lines import parse_lines
from anomalog_exp.data.reading.records import Records, records_of
from anomalog_exp.data.recognition.signs import FOREIGN_SIGNS, SIGNS
from anomalog_exp.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MISSES", "PLAUSIBLE_MS", "Fit", "Reading", "fit", "read"]

MISSES: Final = 3
"""How many lines that do not match are kept."""

_LEARNS_FROM: Final = 1000
_MOST_FIELDS: Final = 60
_FEWEST_RECORDS: Final = 0.2
"""Where fewer lines begin a record, a run refuses the parser."""

_FEWEST_LINES: Final = 0.5
"""Of a parser that joins no lines. Up to half of a log may be foreign; a user has to allow that."""

_FEWEST_TIMED: Final = 0.7
PLAUSIBLE_MS: Final = (631_152_000_000, 4_102_444_800_000)
"""From 1990 up to 2100: any number is a time of 1970."""

_FEWEST_SIGNS: Final = 0.9
_MOST_LEFT_OUT: Final = 0.05
_FEWEST_ENTITIES: Final = 0.5
_FEWEST_LEVELS: Final = 0.5
_LEVEL_FIELDS: Final = ("level", "severity", "priority")
_NUMBER: Final = r"^[-+]?[0-9][0-9.:/TZ +-]*$"
_KNOWN_NAMES: Final = {name.lower() for name in (*MESSAGE_NAMES, *TIME_NAMES, *LEVEL_NAMES)}
_HEADER_NAME: Final = r"^[A-Za-z_@#][\w .@#/()\[\]%-]{0,40}$"


@dataclass(frozen=True)
class Reading:
    """Some lines as a parser reads them.

    Attributes:
        parser: It has seen the lines.
        lines: (lines,) String, without empty ones and headers.
        frame: (lines,) what it gives.
        records: Which lines begin a record, and which continue one; None where every line is one.
    """

    parser: Parser
    lines: pl.Series
    frame: pl.DataFrame
    records: Records | None

    @property
    def matched(self) -> pl.Series:
        """(lines,) Boolean: those that match, and begin a record."""
        found = self.frame["message"].is_not_null()
        return found if self.records is None else found & self.records.begins

    @property
    def rows(self) -> pl.DataFrame:
        """(records,) what the parser gives of the lines that match."""
        return self.frame.filter(self.matched)


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


def read(config: ParserConfig, lines: pl.Series) -> Reading:
    """The lines as a parser reads them that has seen them, with its fields.

    Raises:
        ConfigError: the parser cannot be used on them.
    """
    parser = config.build_parser()
    if len(lines):
        parser.learn(lines.head(_LEARNS_FROM))
    parser.carried = tuple(parser.fields[:_MOST_FIELDS])
    kept = lines.filter(lines.str.len_bytes() > 0)
    header = parser.is_header(kept)
    if header is not None:
        kept = kept.filter(~header)
    frame = parse_lines(kept, parser)
    matched = frame["message"].is_not_null()
    nothing = matched & ~matched
    return Reading(parser, kept, frame, records_of(parser, kept, matched, nothing))


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
        return _unfit(option, given, "no line matches", tuple(reading.lines.head(MISSES)))
    continued = 0 if reading.records is None else int(reading.records.continuing.sum())
    texts = reading.lines.filter(matched)
    size = int(texts.str.len_chars().sum() or 0)
    left = int(rows["message"].str.len_chars().sum() or 0)
    return Fit(
        option,
        given,
        matched=len(rows) / count,
        covered=(len(rows) + continued) / count,
        timed=_timed(rows) / len(rows),
        fields=_things(reading, rows),
        explained=max(0.0, 1 - left / size) if size else 0.0,
        misses=tuple(reading.lines.filter(~matched).head(MISSES)),
        refused=_refused(option, config, reading, rows, texts)
        or (None if first_line is None else _left_out(reading, first_line)),
    )


def _unfit(option: str, keys: dict[str, Any], reason: str, misses: tuple[str, ...] = ()) -> Fit:
    return Fit(option, keys, 0.0, 0.0, 0.0, 0.0, 0.0, misses, reason)


def _timed(rows: pl.DataFrame) -> int:
    """How many records have a time that a log may have."""
    return int(rows["time_ms"].is_between(*PLAUSIBLE_MS).sum())


def _things(reading: Reading, rows: pl.DataFrame) -> float:
    """How many things a record tells, the mean."""
    known = sum(rows[name].count() for name in ("time_ms", "level", "entity", "label"))
    for name in reading.parser.carried:
        values = rows[field_column(name)]
        if values.n_unique() > 1:
            known += values.count()
    return float(known / len(rows))


def _refused(
    option: str, config: ParserConfig, reading: Reading, rows: pl.DataFrame, texts: pl.Series
) -> str | None:
    """What tells that these are no lines of the format, although it reads them."""
    parser, count = reading.parser, len(rows)
    share = count / len(reading.lines)
    if share < (_FEWEST_LINES if reading.records is None else _FEWEST_RECORDS):
        return f"{share:.0%} of the lines match"
    if parser.reads_times and _timed(rows) < _FEWEST_TIMED * count:
        return "its time is read on too few lines"
    if not parser.carried and rows["message"].equals(texts) and not _things(reading, rows):
        return "it tells nothing of a line"
    sign = SIGNS.get(option)
    if isinstance(parser, CsvParser):
        sign = re.escape(getattr(config, "separator", ","))
    if sign is not None and int(texts.str.contains(sign).sum()) < _FEWEST_SIGNS * count:
        return "lines of this format hold more"
    foreign = FOREIGN_SIGNS.get(option)
    if foreign is not None and int(texts.str.contains(foreign).sum()) > _FEWEST_SIGNS * count:
        return "its lines are those of another format"
    entity_field = getattr(config, "entity_field", None)
    if entity_field and rows["entity"].count() < _FEWEST_ENTITIES * count:
        return f"{entity_field} is missing on most lines"
    # Lines that name their fields are not misread.
    for name in () if isinstance(parser, NamedFieldsParser) else parser.carried:
        if problem := _misread(name, rows[field_column(name)], rows):
            return problem
    return _no_table(parser, reading.lines) if isinstance(parser, CsvParser) else None


def _left_out(reading: Reading, first_line: str) -> str | None:
    """Whether lines that begin records would be taken for continuations of others."""
    if reading.records is None:
        return None
    others = reading.lines.filter(~reading.matched)
    dated = int(others.str.contains(first_line).sum())
    share = dated / (dated + int(reading.matched.sum()))
    return f"{share:.0%} of the lines with a time do not match" if share > _MOST_LEFT_OUT else None


def _misread(name: str, values: pl.Series, rows: pl.DataFrame) -> str | None:
    """Whether a field holds what belongs into another one."""
    given = values.drop_nulls()
    if given.is_empty():
        return None
    if name.lower() in _LEVEL_FIELDS:
        if rows["level"].count() < _FEWEST_LEVELS * len(given):
            return f"{name} holds no levels"
        return None
    words = given.filter(given.str.len_bytes() > 2)
    if len(words) and level_codes(words).count() > _FEWEST_LEVELS * len(given):
        return f"{name} holds levels"
    return None


def _no_table(parser: CsvParser, lines: pl.Series) -> str | None:
    """Whether what a table takes for its header is none, as where each line of prose has one comma."""
    import polars as pl

    names = pl.Series(parser.columns, dtype=pl.String)
    if len(names) < 2:
        return "lines have one field"
    if not names.str.contains(_HEADER_NAME).all() or names.n_unique() < len(names):
        return "the first line is no header"
    if any(name.lower() in _KNOWN_NAMES for name in names):
        return None
    texts = parser.texts(lines, {name: [name] for name in names}).drop("fits")
    given = [values.drop_nulls() for values in texts]
    numbers = any(len(one) and one.str.contains(_NUMBER).all() for one in given)
    return None if numbers else "no column is known by its name, and none holds numbers"
