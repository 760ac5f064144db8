"""Fields of JSON, logfmt and tables that are the time, the level or the message under unusual names.

Parsers of named fields know the usual names. Where lines have none of them, values tell: times that are
read and lie between 1990 and 2100, words that are levels, and texts of several words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.base import ParserConfig, field_column
from anomalog_exp.data.parsers.levels import level_codes
from anomalog_exp.data.parsers.named_fields import NamedFieldsConfig
from anomalog_exp.data.parsers.times.any import AnyFormat
from anomalog_exp.data.recognition.reading import PLAUSIBLE_MS, Reading

if TYPE_CHECKING:
    import polars as pl

__all__ = ["named_keys"]

_MOST: Final = 0.9
_FEW: Final = 0.5
_TIME_NAME: Final = re.compile(r"time|date|stamp|when|created|(?:^|[._])(?:ts|at)$", re.IGNORECASE)
_FEWEST_WORDS: Final = 1.5


def named_keys(config: ParserConfig, reading: Reading) -> dict[str, Any]:
    """The keys that name the time, the level and the message where the parser does not find them.

    Args:
        config: Of the parser.
        reading: What it makes of some lines, with the fields that it carries.
    """
    rows = reading.rows
    if not isinstance(config, NamedFieldsConfig) or rows.is_empty():
        return {}
    texts = {name: rows[field_column(name)] for name in reading.parser.carried}
    found: dict[str, str | None] = {}
    if config.time_field is None and rows["time_ms"].count() < _FEW * len(rows):
        found["time_field"] = _first(texts, _is_time)
    if config.level_field is None and rows["level"].count() < _FEW * len(rows):
        found["level_field"] = _first(texts, _is_level)
    same = rows["message"] == reading.lines.filter(reading.matched)
    if config.message_field is None and same.sum() > _MOST * len(rows):
        taken = set(found.values())
        rest = {name: values for name, values in texts.items() if name not in taken}
        found["message_field"] = _most_words(rest)
    return {key: name for key, name in found.items() if name is not None}


def _first(texts: dict[str, pl.Series], fits: Any) -> str | None:
    return next((name for name, values in texts.items() if fits(name, values)), None)


def _is_time(name: str, values: pl.Series) -> bool:
    given = values.drop_nulls()
    if len(given) < _MOST * len(values):
        return False
    if given.str.contains(r"^[0-9.eE+]+$").all() and not _TIME_NAME.search(name):
        return False  # a number of any kind
    read = AnyFormat().ms(given).is_between(*PLAUSIBLE_MS).sum()
    return bool(read > _MOST * len(values))


def _is_level(name: str, values: pl.Series) -> bool:
    given = values.drop_nulls()
    words = given.filter(given.str.len_chars() > 2)
    return len(words) > _MOST * len(values) and level_codes(words).count() > _MOST * len(values)


def _most_words(texts: dict[str, pl.Series]) -> str | None:
    """The field whose values have most words, if these are several."""
    words = {
        name: int(values.str.count_matches(r"\S+").sum() or 0) / max(1, len(values))
        for name, values in texts.items()
    }
    best = max(words, key=lambda name: words[name], default=None)
    return best if best is not None and words[best] >= _FEWEST_WORDS else None
