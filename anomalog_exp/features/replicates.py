"""Replicates: runs of a log that are compared side by side, or blocks of them where runs are too few.

A run is what one pattern of the split names. Where the first side has three runs or more, runs are the
replicates: they say how much runs of one kind differ. Else each run is cut into ten blocks of equally
many events, which say how bursty its lines are, and nothing of how runs differ.

Files of several runs that stand for one log (`orders.log` in each) have one role. A name that no other
run has, because an id is part of it, is compared without its digits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.sources.rotation import log_name
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig, fitting

__all__ = ["Replicates", "Run", "replicates_of"]

_FEWEST_RUNS: Final = 3
_BLOCKS: Final = 10
_FEWEST_EVENTS: Final = 10
"""Of a block, on average."""

_FALLS_BACK_MS: Final = 6 * 3_600_000
"""As times without a date do at midnight."""

_ID: Final = re.compile(r"[0-9a-f]*\d[0-9a-f]*")


@dataclass(frozen=True)
class Run:
    """The files that one pattern of the split names.

    Attributes:
        name: The pattern.
        after: It is of the side that is judged.
        files: Codes of its inputs.
    """

    name: str
    after: bool
    files: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Replicates:
    """What is compared.

    Attributes:
        runs: Those of the first side, then those of the second.
        unit: What a replicate is.
        after: (replicates,) whether each is of the second side.
        run_of: (replicates,) int64 the run of each.
        of_row: (rows,) int64 the replicate of each row, -1 for rows of neither side.
        quarter_of_row: (rows,) int64 the quarter of its run, by the number of events, from 0 on.
        roles: Names of logs that runs have in common; one empty name where each run is one log.
        role_of_row: (rows,) int64 index into `roles`.
    """

    runs: tuple[Run, ...]
    unit: Literal["runs", "blocks"]
    after: NDArray[np.bool_]
    run_of: NDArray[np.int64]
    of_row: NDArray[np.int64]
    quarter_of_row: NDArray[np.int64]
    roles: tuple[str, ...]
    role_of_row: NDArray[np.int64]

    @property
    def runs_of_sides(self) -> tuple[int, int]:
        """How many runs there are before, and after."""
        after = sum(one.after for one in self.runs)
        return len(self.runs) - after, after


def replicates_of(dataset: LogDataset, split: ByFileSplitConfig) -> Replicates:
    """The runs that a split names, or their blocks."""
    runs = _runs(dataset.sources, split)
    run_of_file = np.full(len(dataset.sources), -1, dtype=np.int64)
    for number, run in enumerate(runs):
        run_of_file[list(run.files)] = number
    roles, role_of_file = _roles(dataset.sources, runs)
    run_of_row = run_of_file[dataset.source]
    events = np.bincount(run_of_row[run_of_row >= 0], minlength=len(runs))
    blocks = 1
    if sum(not one.after for one in runs) < _FEWEST_RUNS:
        blocks = int(np.clip(events.min() // _FEWEST_EVENTS, 1, _BLOCKS))
    of_row = np.full(len(run_of_row), -1, dtype=np.int64)
    quarter = np.zeros(len(run_of_row), dtype=np.int64)
    for number in range(len(runs)):
        rows = np.flatnonzero(run_of_row == number)
        place, size = _places(dataset, rows), max(len(rows), 1)
        of_row[rows] = number * blocks + place * blocks // size
        quarter[rows] = place * 4 // size
    run_of = np.repeat(np.arange(len(runs)), blocks)
    return Replicates(
        runs=runs,
        unit="runs" if blocks == 1 else "blocks",
        after=np.array([one.after for one in runs], dtype=bool)[run_of],
        run_of=run_of,
        of_row=of_row,
        quarter_of_row=quarter,
        roles=roles,
        role_of_row=role_of_file[dataset.source],
    )


def _runs(sources: Sequence[str], split: ByFileSplitConfig) -> tuple[Run, ...]:
    """The runs that have files; a file is of the first pattern that names it, and trains if it may."""
    taken: set[int] = set()
    runs = []
    for key, after in (("train", False), ("test", True)):
        for pattern in getattr(split, key):
            files = [one for one in fitting(pattern, sources, f"split.{key}") if one not in taken]
            taken.update(files)
            if files:
                runs.append(Run(pattern, after, tuple(files)))
    return tuple(runs)


def _roles(
    sources: Sequence[str], runs: Sequence[Run]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of roles, and the role of each input."""
    name: dict[int, str] = {}
    for run in runs:
        paths = [Path(sources[code]) for code in run.files]
        shared = run.name.count("/") or _shared_folder(paths)
        for code, path in zip(run.files, paths, strict=True):
            inner = Path(*path.parts[shared:])
            name[code] = inner.with_name(log_name(inner)).as_posix()
    if all(len({name[code] for code in run.files}) == 1 for run in runs):
        return ("",), np.zeros(len(sources), dtype=np.int64)
    in_runs = Counter(one for run in runs for one in {name[code] for code in run.files})
    known = {code: one if in_runs[one] > 1 else _ID.sub("*", one) for code, one in name.items()}
    roles = tuple(sorted(set(known.values())))
    return roles, np.array([roles.index(known.get(code, roles[0])) for code in range(len(sources))])


def _shared_folder(paths: Sequence[Path]) -> int:
    """How many folders all paths begin with."""
    folders = [path.parts[:-1] for path in paths]
    shared = 0
    while all(len(one) > shared and one[shared] == folders[0][shared] for one in folders):
        shared += 1
    return shared


def _places(dataset: LogDataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the place of each among the rows of its run: by time, else by how far in its file."""
    time, source = dataset.time_ms[rows], dataset.source[rows]
    key = np.asarray(time, dtype=np.float64)
    falls_back = (np.diff(time) < -_FALLS_BACK_MS) & (np.diff(source) == 0)
    if (time == NO_TIME).any() or falls_back.any():
        _, file, size = np.unique(source, return_inverse=True, return_counts=True)
        first = np.searchsorted(file, file)  # rows stand file by file
        key = (np.arange(len(rows)) - first) / size[file]
    place = np.empty(len(rows), dtype=np.int64)
    place[np.argsort(key, kind="stable")] = np.arange(len(rows))
    return place
