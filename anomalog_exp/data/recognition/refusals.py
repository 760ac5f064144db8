"""What tells that a log is none of a format, although the parser reads its lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.base import ParserConfig, field_column
from anomalog_exp.data.parsers.csv import CsvParser
from anomalog_exp.data.parsers.known_names import LEVEL_NAMES, MESSAGE_NAMES, TIME_NAMES
from anomalog_exp.data.parsers.levels import level_codes
from anomalog_exp.data.parsers.named_fields import NamedFieldsParser
from anomalog_exp.data.recognition.reading import Reading
from anomalog_exp.data.recognition.signs import FOREIGN_SIGNS, SIGNS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FEWEST_RECORDS", "left_out", "why_refused"]

FEWEST_RECORDS: Final = 0.2
"""Where fewer lines begin a record, a run refuses the parser."""

_FEWEST_LINES: Final = 0.5
"""Of a parser that joins no lines. Up to half of a log may be foreign; a user has to allow that."""

_FEWEST_TIMED: Final = 0.7
_FEWEST_SIGNS: Final = 0.9
_MOST_LEFT_OUT: Final = 0.05
_FEWEST_ENTITIES: Final = 0.5
_FEWEST_LEVELS: Final = 0.5
_LEVEL_FIELDS: Final = ("level", "severity", "priority")
_NUMBER: Final = r"^[-+]?[0-9][0-9.:/TZ +-]*$"
_KNOWN_NAMES: Final = {name.lower() for name in (*MESSAGE_NAMES, *TIME_NAMES, *LEVEL_NAMES)}
_HEADER_NAME: Final = r"^[A-Za-z_@#][\w .@#/()\[\]%-]{0,40}$"


def why_refused(option: str, config: ParserConfig, reading: Reading) -> str | None:
    """What tells that lines are none of a format, although some match; None where nothing does."""
    parser, rows = reading.parser, reading.rows
    texts, count = reading.lines.filter(reading.matched), len(rows)
    share = count / len(reading.lines)
    if share < (_FEWEST_LINES if reading.records is None else FEWEST_RECORDS):
        return f"{share:.0%} of the lines match"
    if parser.reads_times and reading.timed < _FEWEST_TIMED * count:
        return "its time is read on too few lines"
    if not parser.carried and rows["message"].equals(texts) and not reading.told:
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


def left_out(reading: Reading, first_line: str) -> str | None:
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
