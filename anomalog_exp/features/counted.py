"""Counts of one kind in the replicates of two sides, with what the test says of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.count_test import CountTest, count_test
from anomalog_exp.features.replicates import Replicates

__all__ = ["Counted", "Kind", "table_of"]

Kind = Literal["service", "quarter", "statement", "level", "value", "order"]


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of one kind.

    Attributes:
        kind: What is counted.
        role: (keys,) int64 index into the roles.
        item: (keys, 2) int64 what it is: the statement and -1; the level and -1; the place and the code
            of a value; the statement before and the one that follows; the quarter; of a service nothing.
        statement: (keys,) int64 the statement that it is about, of orders that which follows, or -1.
        counts: (keys, replicates) float64.
        exposure: (keys, replicates) float64.
        test: What the test says of each key.
        settled: (keys,) bool whether a new one is worth a look even if no test can tell: services,
            statements, and values at places that show no value in one replicate alone.
    """

    kind: Kind
    role: NDArray[np.int64]
    item: NDArray[np.int64]
    statement: NDArray[np.int64]
    counts: NDArray[np.float64]
    exposure: NDArray[np.float64]
    test: CountTest
    settled: NDArray[np.bool_]

    @classmethod
    def tested(
        cls,
        kind: Kind,
        role: NDArray[np.int64],
        item: NDArray[np.int64],
        statement: NDArray[np.int64],
        counts: NDArray[np.float64],
        exposure: NDArray[np.float64],
        replicates: Replicates,
        settled: NDArray[np.bool_],
    ) -> Self:
        """Counts of one kind, with a test of their own."""
        test = count_test(counts, exposure, replicates.after, replicates.runs_of_sides)
        return cls(kind, role, item, statement, counts, exposure, test, settled)


def table_of(
    key: NDArray[np.int64], replicate: NDArray[np.int64], replicates: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The distinct keys, ascending, and how often each is in each replicate."""
    distinct, number = np.unique(key, return_inverse=True)
    cell = number * replicates + replicate
    counts = np.bincount(cell, minlength=len(distinct) * replicates)
    return distinct, counts.reshape(len(distinct), replicates).astype(np.float64)
