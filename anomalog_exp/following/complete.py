"""Sequences that are complete: rows in memory, and which of them each sequence has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.metric_terms import EvaluationUnit

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CONTEXT", "ROWS", "Complete", "no_rows"]

CONTEXT: Final = 256
"""Events before a window that model state carries over from; no detector looks back farther."""

ROWS: Final = ("line", "time_ms", "template", "level", "text", "message")
"""Columns of rows: as in a data set, the raw lines of the record, and the message where it is read."""


@dataclass(frozen=True, eq=False)
class Complete:
    """Sequences to judge; what the arrays mean is said in `SequenceSet`.

    Attributes:
        rows: (events,) the columns `ROWS`.
        start: (sequences,) first place among the rows.
        stop: (sequences,) one past the last.
        unit: What one sequence is.
        entity: (sequences,) the entity of each; None where they belong to none.
        origin: (sequences,) first place from which model state carries over; None where none does.
        times: (sequences, 2) begin and end of windows of time; None of others.
        log_end_ms: Up to where the log was read, for windows of time.
    """

    rows: pl.DataFrame
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    unit: EvaluationUnit
    entity: list[str | None] | None = None
    origin: NDArray[np.int64] | None = None
    times: NDArray[np.int64] | None = None
    log_end_ms: int | None = None


def no_rows() -> pl.DataFrame:
    """The columns `ROWS` without a row."""
    import polars as pl

    return pl.DataFrame(
        schema={
            "line": pl.Int64,
            "time_ms": pl.Int64,
            "template": pl.Int32,
            "level": pl.Int8,
            "text": pl.String,
            "message": pl.String,
        }
    )
