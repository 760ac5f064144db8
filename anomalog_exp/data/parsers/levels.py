"""Severity on one scale, from the names that logs give it.

A log has few names, and one of them stands on most lines. So a line that begins as the first line of the
block has its level, at the price of one comparison. Of the other lines the beginnings are numbered by a
categorical, and only distinct ones are read. One name means the same in every log, although systems
disagree: BlueGene ranks SEVERE below ERROR, Java above everything. Numbers are read only where they are
known to be levels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.columns import COLUMNS, LEVELS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LEVEL_WORDS", "any_level_codes", "level_codes", "priority_codes"]

_NAMES: Final = {
    "trace": "TRACE VERBOSE FINEST FINER V",
    "debug": "DEBUG FINE CONFIG D",
    "info": "INFO INFORMATION INFORMATIONAL LOG NOTE I",
    "notice": "NOTICE",
    "warning": "WARNING WARN W",
    "error": "ERROR ERR E",
    "critical": "CRITICAL CRIT SEVERE C",
    "fatal": "FATAL FAILURE ALERT EMERGENCY EMERG PANIC F",
}
"""Level -> the names for it, in any case.

The letters are Android's and glog's; LOG is PostgreSQL's and NestJS's, NOTE is MySQL's.
"""

_CODES: Final = {
    name: LEVELS.index(level) for level, names in _NAMES.items() for name in names.split()
}

LEVEL_WORDS: Final = tuple(name for name in _CODES if len(name) > 1)
"""The names that are words, in capitals."""

_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
"""Of a level inside a field, as some JSON has it; lines themselves are read without."""

_SEVERITIES: Final = ["fatal", "fatal", "critical", "error", "warning", "notice", "info", "debug"]
"""Of syslog, by number: emergency is 0 (RFC 5424, section 6.2.1)."""

_NUMBERED: Final = {str(number): name for number, name in enumerate(_SEVERITIES)} | {
    "10": "trace",
    "20": "debug",
    "30": "info",
    "40": "warning",
    "50": "error",
    "60": "fatal",
}
"""Levels that are numbers, of syslog and of bunyan and pino. Python's logging has its own, as names."""


def any_level_codes(texts: pl.Series) -> pl.Series:
    """Codes into `LEVELS` of names or numbers of levels; null where a text is neither."""
    import polars as pl

    codes = level_codes(texts)
    if codes.null_count() == texts.null_count():
        return codes
    numbers = {text: LEVELS.index(name) for text, name in _NUMBERED.items()}
    numbered = texts.replace_strict(numbers, default=None, return_dtype=codes.dtype)
    return pl.select(pl.coalesce(codes, numbered)).to_series()


def priority_codes(texts: pl.Series) -> pl.Series:
    """Codes into `LEVELS` of syslog's priorities, of which the last three bits are the severity.

    Args:
        texts: (lines,) String, numbers from 0 to 191; null where a line has none.

    Returns:
        (lines,) Int8, null where the text is null or no such number.
    """
    import polars as pl

    priority = texts.cast(pl.Int64, strict=False)
    priority = pl.select(pl.when(priority.is_between(0, 191)).then(priority % 8)).to_series()
    codes = [LEVELS.index(name) for name in _SEVERITIES]
    return priority.replace_strict(range(8), codes, return_dtype=COLUMNS["level"].polars_dtype)


def level_codes(texts: pl.Series, *, word: int = 0, within: int | None = None) -> pl.Series:
    """Codes into `LEVELS`.

    Args:
        texts: (lines,) String, null where a line has none.
        word: Which word of a text is the level, counted from 0.
        within: Characters in which that word ends; what is behind is not looked at. None: whole texts,
            of which there are few distinct ones.

    Returns:
        (lines,) Int8, null where the text is null or the word names no level.
    """
    import polars as pl

    begin = _begin(texts.first(), word, within)
    if begin is None:
        return _by_distinct(texts, word, within)
    same = texts == begin if within is None else texts.str.starts_with(begin)
    levels = pl.Series([_level(begin, word, within)], dtype=COLUMNS["level"].polars_dtype)
    levels = levels.new_from_index(0, len(texts))
    if same.null_count():
        same = same.fill_null(False)
    others = (~same).arg_true()
    if len(others):
        levels.scatter(others, _by_distinct(texts.gather(others), word, within))
    return levels


def _by_distinct(texts: pl.Series, word: int, within: int | None) -> pl.Series:
    import polars as pl

    begins = texts if within is None else texts.str.head(within + 1)
    named = begins.cast(pl.Categorical(pl.Categories.random()))
    distinct = named.unique()
    level = {
        code: _level(begin, word, within)
        for code, begin in zip(distinct.to_physical(), distinct.cast(pl.String), strict=True)
        if begin is not None
    }
    # New categories are numbered 0, 1, 2 and so on, and `unique` gives them in any order.
    levels = pl.Series(
        [level[code] for code in range(len(level))], dtype=COLUMNS["level"].polars_dtype
    )
    return levels.gather(named.to_physical())


def _begin(text: Any, word: int, within: int | None) -> str | None:
    """A text up to the space behind its level, or all of it; None where it has no such word."""
    if within is None or text is None:
        return text
    begin = re.match(rf"(?:[^ ]+ ){{{word + 1}}}", text)
    return begin[0] if begin and len(begin[0]) <= within + 1 else None


def _level(begin: str, word: int, within: int | None) -> int | None:
    words = _COLOURS.sub("", begin).split()
    if within is not None and len(begin) > within and not begin[-1].isspace():
        words.pop()  # its end may be behind
    return _CODES.get(words[word].upper()) if word < len(words) else None
