"""Runs of places that may overlap, as sets: what is in any of them, and which meet one.

Everything is computed on the two ends of each run, however many places it holds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["any_overlap", "meets", "merged", "union_size"]

Ends = tuple[NDArray[np.int64], NDArray[np.int64]]


def merged(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Ends:
    """The same places as runs in order, none of which overlaps or touches another, or is empty.

    Args:
        start: (runs,) first place of each.
        stop: (runs,) one past its last.
    """
    start, stop = _in_order(start, stop)
    reached = np.maximum.accumulate(stop) if len(stop) else stop
    begins = np.append(True, start[1:] > reached[:-1])[: len(start)]
    ends = np.append(begins[1:], True)[: len(start)]
    return start[begins], reached[ends]


def union_size(start: NDArray[np.int64], stop: NDArray[np.int64]) -> int:
    """How many places are in at least one of the runs."""
    begin, end = merged(start, stop)
    return int((end - begin).sum())


def meets(start: NDArray[np.int64], stop: NDArray[np.int64], of: Ends) -> NDArray[np.bool_]:
    """(runs,) bool, which of the runs hold a place of `of`, which `merged` gave."""
    begin, end = of
    if not len(begin):
        return np.zeros(len(start), dtype=bool)
    # The last of them that begins before a run ends is the only one to ask.
    nearest = np.searchsorted(begin, stop, side="left") - 1
    return (nearest >= 0) & (end[np.maximum(nearest, 0)] > start) & (stop > start)


def any_overlap(start: NDArray[np.int64], stop: NDArray[np.int64]) -> bool:
    """Whether any two runs share a place."""
    start, stop = _in_order(start, stop)
    return bool((start[1:] < stop[:-1]).any())


def _in_order(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Ends:
    """The runs that hold something, by their start."""
    filled = stop > start
    start, stop = start[filled], stop[filled]
    order = np.argsort(start, kind="stable")
    return start[order], stop[order]
