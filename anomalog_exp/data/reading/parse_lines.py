"""Lines as columns: what a parser makes of them, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.parsers.checked import broken_parser, checked

if TYPE_CHECKING:
    import polars as pl

__all__ = ["parse_lines"]


def parse_lines(lines: pl.Series, parser: Parser) -> pl.DataFrame:
    """What `checked` gives for the lines.

    Raises:
        DataError: the parser does not keep its contract.
    """
    import polars as pl

    try:
        frame = parser.parse(lines)
    except pl.exceptions.PanicException as panic:  # no Exception: it would end a whole sweep
        problem = f"polars gave up in it: {panic}"
        raise broken_parser(
            parser, problem, "columns of as many rows as there are lines"
        ) from panic
    if parser.labels is not None:
        frame = frame.with_columns(label=parser.labels(lines, frame))
    return checked(frame, parser, len(lines), lines)
