"""What reads a log of several formats, and in which order its parsers are tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from anomalog_exp.data.parsers.format_names import ANY_LINE, SEVERAL
from anomalog_exp.data.parsers.several import Config, can_be_one_of_several
from anomalog_exp.data.recognition.fields import event_fields, field_facts
from anomalog_exp.data.recognition.formats import Part, read_by, unread
from anomalog_exp.data.recognition.long_records import pinned_records
from anomalog_exp.data.recognition.nearest_year import with_years
from anomalog_exp.data.recognition.recognition import ParserChoice
from anomalog_exp.data.recognition.refusals import FEWEST_RECORDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Mixture", "mixture"]


class Mixture(NamedTuple):
    """What reads a log of several formats.

    Attributes:
        choice: The option `several`, with the parsers of the formats.
        with_fields: The fields that should make events in one format or another.
    """

    choice: ParserChoice
    with_fields: tuple[str, ...]


def mixture(parts: Sequence[Part], files: Sequence[pl.Series]) -> Mixture:
    """What reads several formats.

    Args:
        parts: The formats, two or more.
        files: (lines,) String of each file.
    """
    ordered = sorted(parts, key=lambda part: (_taken(part, parts), -len(part.lines)))
    choices = with_years(ordered)
    others = unread(choices, files)
    first = sum(len(part.lines) for part in ordered)
    if first < FEWEST_RECORDS * (first + len(others)):
        choices = [
            pinned_records(choice, part.lines, others) or choice
            for choice, part in zip(choices, ordered, strict=True)
        ]
    fields = (
        name
        for reading in (part.reading for part in ordered)
        for name in event_fields(field_facts(reading.rows, reading.parser.carried), reading.rows)
    )
    return Mixture(_several(choices), tuple(dict.fromkeys(fields)))


def prefixed(choice: ParserChoice, prefix: str) -> ParserChoice:
    """The choice behind what a tool has put before each line; it stays where it reads no formats.

    Args:
        choice: Reads the lines without that.
        prefix: A pattern of it.
    """
    if choice.option == SEVERAL:
        values = choice.config.model_dump() | {"prefix": prefix}
        config = Config.of(values, "dataset.structured_parser")
        return ParserChoice(SEVERAL, choice.keys | {"prefix": prefix}, config)
    if not can_be_one_of_several(choice.config) or not (choice.keys or choice.option != ANY_LINE):
        return choice
    return _several([choice], prefix)


def _several(choices: Sequence[ParserChoice], prefix: str | None = None) -> ParserChoice:
    parsers = [choice.config for choice in choices]
    config = Config.of(
        {"name": SEVERAL, "parsers": parsers, "prefix": prefix}, "dataset.structured_parser"
    )
    named = [{choice.option: choice.keys} if choice.keys else choice.option for choice in choices]
    keys = {"parsers": named} | ({} if prefix is None else {"prefix": prefix})
    return ParserChoice(SEVERAL, keys, config)


def _taken(part: Part, parts: Sequence[Part]) -> int:
    """How many lines of the others a format reads: what reads none of them can be tried first."""
    return sum(
        len(read_by(part.choice.config, other.lines)) for other in parts if other is not part
    )
