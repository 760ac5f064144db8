"""What changed between the files that train and those that are judged: `changes.json`.

Only a run with split=by_file has it. `features/changes.py` says how changes are ranked,
`features/count_test.py` how they are tested.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import LEVELS, NO_LEVEL, NO_TIME
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.features.change_rows import ChangeRows
from anomalog_exp.features.changes import ranked_changes
from anomalog_exp.features.compared_counts import compared_counts, replicate_sizes
from anomalog_exp.features.found_change import ALPHA, Found
from anomalog_exp.features.replicates import Replicates, replicates_of
from anomalog_exp.features.statements import Statements, statements_of
from anomalog_exp.results.findings import Line, lines_of_rows
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["Change", "Changes", "ComparedRun", "changes_of"]

_ENTRIES: Final = 50
_LINES: Final = 2
_ALSO: Final = 5


@dataclass(frozen=True)
class ComparedRun:
    """A run, or what one pattern names.

    Attributes:
        name: The pattern.
        after: It is of the side that is judged.
        files: How many files it has.
        events: How many records.
        begin_ms: Its earliest time, Unix milliseconds UTC; None without times.
        end_ms: Its latest time.
    """

    name: str
    after: bool
    files: int
    events: int
    begin_ms: int | None
    end_ms: int | None


@dataclass(frozen=True)
class Change:
    """A change, in counts and lines.

    Attributes:
        kind: service, quarter (of a run of a service), statement, level, value or order.
        what: new, gone, more or fewer.
        services: The logs that show it; empty where each run is one log.
        text: What it is about, in one line.
        level: Of its lines; None without one.
        before: How often in each run before.
        after: How often in each run after.
        expected: How often after, by the rate before.
        ratio: The rate after over the rate before, half an event added to both.
        passes: It passes the test.
        chance: Of a difference as large among usual runs; None where too few are there to tell.
        corrected: The share of false ones among all that are as sure; None likewise.
        known_as: What was there before of something new: `elsewhere`, where another service had it, or
            `alike`, where something read nearly the same; else empty.
        joined: How many other changes follow from it.
        also: Texts of some of these.
        lines: Lines that show it: of after, or of before where it is gone.
    """

    kind: str
    what: str
    services: list[str]
    text: str
    level: str | None
    before: list[int]
    after: list[int]
    expected: float
    ratio: float
    passes: bool
    chance: float | None
    corrected: float | None
    known_as: str
    joined: int
    also: list[str]
    lines: list[Line]


@dataclass(frozen=True)
class Changes:
    """What changed.

    Attributes:
        unit: What the test compares: runs, or blocks of runs where these are too few.
        replicates: How many of them before and after.
        tested: How many counts were tested.
        alpha: The share of what passes that may be wrong.
        passing: Changes that pass.
        listed: All changes, those among them.
        runs: What was compared.
        changes: The first ones.
    """

    unit: str
    replicates: tuple[int, int]
    tested: int
    alpha: float
    passing: int
    listed: int
    runs: list[ComparedRun]
    changes: list[Change]

    def to_json(self) -> dict[str, Any]:
        """What `changes.json` holds."""
        return asdict(self)


def changes_of(dataset: LogDataset, split: ByFileSplitConfig, vocabulary: Vocabulary) -> Changes:
    """Compare what trains, of which `vocabulary` holds the templates, with what is judged."""
    statements = statements_of(dataset)
    replicates = replicates_of(dataset, split)
    size = replicate_sizes(replicates, statements)
    tables = list(compared_counts(dataset, replicates, statements, size))
    found = ranked_changes(tables, replicates, statements)
    rows = ChangeRows(dataset, replicates, statements)
    shown = [rows.of(one, _LINES) for one in found[:_ENTRIES]]
    every = np.concatenate([np.empty(0, dtype=np.int64), *shown])
    line_of = lines_of_rows(dataset, every, vocabulary)
    return Changes(
        unit=replicates.unit,
        replicates=(int((~replicates.after).sum()), int(replicates.after.sum())),
        tested=sum(int(one.test.testable.sum()) for one in tables),
        alpha=ALPHA,
        passing=sum(one.passes for one in found),
        listed=len(found),
        runs=_runs(dataset, replicates),
        changes=[
            _change(one, [line_of[row] for row in its.tolist()], replicates, statements, rows)
            for one, its in zip(found, shown, strict=False)
        ],
    )


def _change(
    one: Found,
    lines: list[Line],
    replicates: Replicates,
    statements: Statements,
    rows: ChangeRows,
) -> Change:
    everything = _all_joined(one)
    alike = [other for other in everything if other.kind == one.kind and other.item == one.item]
    roles = dict.fromkeys(replicates.roles[other.role] for other in (one, *alike))
    text = rows.text(one)
    also = dict.fromkeys(f"{other.what}: {rows.text(other)}" for other in everything)
    return Change(
        kind=one.kind,
        what=one.what,
        services=[role for role in roles if role],
        text=text,
        level=None if one.level == NO_LEVEL else LEVELS[one.level],
        before=one.before,
        after=one.after,
        expected=round(one.expected, 2),
        ratio=round(one.ratio, 4),
        passes=one.passes,
        chance=one.p if one.testable else None,
        corrected=one.q if one.testable else None,
        known_as=one.known_as,
        joined=len(everything),
        also=[other for other in also if other != f"{one.what}: {text}"][:_ALSO],
        lines=lines,
    )


def _all_joined(one: Found) -> list[Found]:
    return [inner for other in one.joined for inner in (other, *_all_joined(other))]


def _runs(dataset: LogDataset, replicates: Replicates) -> list[ComparedRun]:
    return [
        ComparedRun(
            name=run.name,
            after=run.after,
            files=len(run.files),
            events=len(rows),
            **_extent(dataset.time_ms[rows]),
        )
        for number, run in enumerate(replicates.runs)
        for rows in [np.flatnonzero(np.isin(dataset.source, run.files))]
    ]


def _extent(time_ms: NDArray[np.int64]) -> dict[str, int | None]:
    timed = time_ms[time_ms != NO_TIME]
    return {
        "begin_ms": int(timed.min()) if len(timed) else None,
        "end_ms": int(timed.max()) if len(timed) else None,
    }
