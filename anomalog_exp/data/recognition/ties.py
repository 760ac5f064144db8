"""What ties lines together: a field, or a pattern in messages, whose values many lines share.

A request, a session, a block, an instance. It is clear only where most lines have a value, where there
are many values with some lines each, and where it is more than the machine or the program: those of one
machine are all of its lines, whatever happens on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.options.patterns import groups_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TieFacts", "tie_facts"]

_FEWEST_LINES: Final = 0.6
_FEWEST_VALUES: Final = 30
_LINES_PER_VALUE: Final = (2, 500)
_NEAR: Final = 0.05
_FREQUENT: Final = 0.05
_MACHINES: Final = ("bgl", "thunderbird")
"""Parsers whose entity is a machine."""

_WHOLE: Final = (
    "host hostname node server machine computer app appname program programname component"
)
_WHOLE_NAMES: Final = frozenset(
    f"{_WHOLE} logger source service container syslog_identifier unit facility file stream".split()
)
_ID: Final = re.compile(
    r"(?:^|[_.\-\s])(?:id|uuid|guid|trace|span|session|request|req|transaction|txn|correlation|job|"
    r"task|order|thread|tid|pid|block|instance|conn|connection|call|flow|ticket|user)$|"
    r"(?:[a-z]I[dD]|id|uuid)$",
)
_HEX_ID: Final = r"^(?:[0-9a-fA-F]{16,40}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"
_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_CALLS: Final = "request|req|trace|session|correlation|transaction|txn"
_NAMED: Final = f"{_CALLS}|job|task|order|connection|conn|thread|user"
_WORDS: Final = "WORDS"
"""Stands in a pattern for the words that lines of the log have there."""

_PATTERNS: Final = (
    (r"\[instance: ([0-9a-f-]{36})\]", ""),
    (r"blk_-?[0-9]+", ""),
    (r"req-[0-9a-f-]{8,36}", ""),
    (rf'\b{_WORDS}[ _-]?(?:id|ID|Id)?["\]]?[=:] ?"?([\w.-]+)', _CALLS),
    (rf"\b{_UUID}\b", ""),
    (r"\b(?:attempt|application|container|appattempt)_[0-9]+_[0-9_m]+", ""),
    (rf"\b{_WORDS}[-_#][0-9]\w*", _NAMED),
    (rf'\b{_WORDS}[ _-]?(?:id|ID|Id)?["\]]?[=:#] ?"?([\w.-]*[0-9][\w.-]*)', _NAMED),
    (rf"\b{_WORDS}(?: id)? ([0-9]\w*)", _NAMED),
    (r"\b[0-9a-f]{16,40}\b", ""),
    (r"\[[Tt]hread[- ]?([0-9]+)\]", ""),
)
"""The surest first: the first group is the value, else the whole match; and words for `WORDS`."""


@dataclass(frozen=True)
class TieFacts:
    """What may tie lines together.

    Attributes:
        field: The field that holds it; None where it is found in messages, or by the parser itself.
        pattern: What finds it in messages, as `entity_pattern` takes it; None else.
        own: The option ties lines by it already.
        share: Of the records, those that have a value.
        distinct: How many values there are.
        median_lines: Records per value, the median.
        example: A value.
        clear: It is worth to be what sequences are made of.
    """

    field: str | None
    pattern: str | None
    own: bool
    share: float
    distinct: int
    median_lines: float
    example: str | None
    clear: bool


def tie_facts(
    option: str, config: ParserConfig, parser: Parser, rows: pl.DataFrame
) -> TieFacts | None:
    """The best of what may tie the records together; None where nothing does.

    Args:
        option: Of `dataset/structured_parser`.
        config: Its config.
        parser: Its parser.
        rows: (records,) what it gives, with the fields that it carries.
    """
    found = [one for one in _found(option, config, parser, rows) if one.distinct > 1]
    clear = [one for one in found if one.clear] or [one for one in found if one.own] or found
    most = max((one.share for one in clear), default=0.0)
    return next((one for one in clear if one.share >= most - _NEAR), None)


def _found(
    option: str, config: ParserConfig, parser: Parser, rows: pl.DataFrame
) -> Iterator[TieFacts]:
    keys: dict[str, Any] = config.model_dump()
    own_field, own_pattern = keys.get("entity_field"), keys.get("entity_pattern")
    if rows["entity"].count():
        whole = option in _MACHINES or _is_whole(own_field)
        yield _facts(rows["entity"], own_field, own_pattern, own=True, whole=whole)
    if "entity_field" in keys:
        for name in parser.carried:
            values = rows[field_column(name)]
            if name != own_field and not _is_whole(name) and _is_id(name, values):
                yield _facts(values, name, None)
    if "entity_pattern" in keys:
        for general, words in _PATTERNS:
            pattern = _with_words(general, words, rows["message"])
            if pattern is None:
                continue
            group = 1 if groups_of(pattern) else 0
            yield _facts(rows["message"].str.extract(pattern, group), None, pattern)


def _with_words(pattern: str, words: str, messages: pl.Series) -> str | None:
    """A pattern with those of some words that messages have, as they spell them; None without any."""
    if not words:
        return pattern
    found = messages.str.extract(pattern.replace(_WORDS, f"((?i:{words}))"))
    counts = found.drop_nulls().alias("word").value_counts(name="count").sort("word")
    frequent = counts.filter(counts["count"] >= _FREQUENT * len(found))["word"].to_list()
    if not frequent:
        return None
    one, *others = frequent
    return pattern.replace(_WORDS, f"(?:{'|'.join(frequent)})" if others else one)


def _is_whole(name: str | None) -> bool:
    return name is not None and name.rpartition(".")[2].lower() in _WHOLE_NAMES


def _is_id(name: str, values: pl.Series) -> bool:
    given = values.drop_nulls()
    if given.is_empty():
        return False
    return bool(_ID.search(name) or _ID.search(name.lower()) or given.str.contains(_HEX_ID).all())


def _facts(
    values: pl.Series,
    field: str | None,
    pattern: str | None,
    *,
    own: bool = False,
    whole: bool = False,
) -> TieFacts:
    given = values.drop_nulls()
    example: Any = given.first()
    counts = given.value_counts(name="count")["count"]
    share = len(given) / max(1, len(values))
    median: Any = counts.median()
    per_value = float(median or 0)
    clear = (
        share >= _FEWEST_LINES
        and len(counts) >= _FEWEST_VALUES
        and _LINES_PER_VALUE[0] <= per_value <= _LINES_PER_VALUE[1]
        and not whole
    )
    return TieFacts(field, pattern, own, share, len(counts), per_value, example, clear)
