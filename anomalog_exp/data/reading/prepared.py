"""A parser made ready for a log: what its first lines tell, and which fields others want of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.reading.blocks import block_lines, read_blocks
from anomalog_exp.data.templates.event_fields import refuse_unknown_fields
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LEVEL", "first_lines", "parser_of_lines", "prepared_parser", "values_of"]

LEVEL: Final = "level"
"""The field of every log whose lines name a severity; its values are those of `LEVELS`."""

_BYTES: Final = 1 << 18
_LINES: Final = 1000


def prepared_parser(
    dataset: DatasetVariantConfig, template: TemplateMinerConfig, logs: Sequence[Path]
) -> Parser:
    """The parser of a data set, which has seen the first lines of the log.

    Args:
        dataset: What is read and how.
        template: Says which fields make events.
        logs: The files of the log, at least one.

    Raises:
        ConfigError: a field that makes events or labels is none of the lines'.
        DataError: files name different columns.
    """
    lines = first_lines(logs[0])
    parser = parser_of_lines(dataset.structured_parser, template, lines)
    if lines is not None:
        _refuse_other_headers(parser, logs)
    if dataset.label_reader is not None:
        dataset.label_reader.build().prepare(parser)
    return parser


def parser_of_lines(
    config: ParserConfig, template: TemplateMinerConfig, lines: pl.Series | None
) -> Parser:
    """A parser that has seen the first lines of a log, and gives the fields that make events.

    Args:
        config: Of the parser.
        template: Says which fields make events.
        lines: The lines with which the log begins; None where it has none.

    Raises:
        ConfigError: a field that makes events is none of the lines'.
    """
    parser = config.build_parser()
    if lines is not None:
        parser.learn(lines)
    if not parser.any_field:
        refuse_unknown_fields(template.with_fields, [*parser.fields, LEVEL])
    parser.carried = tuple(name for name in template.with_fields if name != LEVEL)
    return parser


def first_lines(log: Path) -> pl.Series | None:
    """The lines with which a file begins; None where it has none."""
    first = next(iter(read_blocks([log], _BYTES)), None)
    return None if first is None else block_lines(first.data)[0].head(_LINES)


def _refuse_other_headers(parser: Parser, logs: Sequence[Path]) -> None:
    if not parser.has_header:
        return
    for log in logs[1:]:
        lines = first_lines(log)
        header = None if lines is None else parser.other_header(lines)
        if header is not None:
            raise DataError.of(
                "dataset.source.path",
                log,
                problem=f"this file names other columns than {logs[0]}: {header[:120]}",
                allowed="files with the same columns in the same order; files behind the first may "
                "have no header",
                fix="make a data set of each kind of file, or give all files the same columns",
            )


def values_of(rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """(rows,) a String column for each field, named by it, of what a parser gave."""
    import polars as pl

    level = pl.col(LEVEL).replace_strict(
        range(len(LEVELS)), LEVELS, default=None, return_dtype=pl.String
    )
    return rows.select(
        level if name == LEVEL else pl.col(field_column(name)).alias(name) for name in fields
    )
