"""Changes between two sides of a log, ranked: what passes the test, what is new and grave, the rest.

What passes stands by how large it is, in doublings, 3 at most and 2 of an order, times the weight of its
level: an error that doubled counts for more than a message for debugging that did. Behind it stands what
is as unlikely as one in a hundred by itself. What is new and is an error, or has a stack trace,
may be too seldom to pass: no test can decide on a single line in one run of six. It stands by the share
of the runs that show it, its level, and its number; so does whatever several runs all show, and none
did before. Both lists take turns, and behind them stands what else is new or gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_LEVEL
from anomalog_exp.features.count_test import adjusted
from anomalog_exp.features.counted import Counted
from anomalog_exp.features.found_change import ALPHA, Found, What
from anomalog_exp.features.joined_changes import joined
from anomalog_exp.features.known_statements import Known
from anomalog_exp.features.replicates import Replicates
from anomalog_exp.features.statements import Statements

__all__ = ["ranked_changes"]

_NEARLY: Final = 0.01
"""A chance that is listed although it does not pass among so many."""

_MOST: Final = 1000
"""Of a kind: the rest would only be counted."""


def ranked_changes(
    tables: Sequence[Counted], replicates: Replicates, statements: Statements
) -> list[Found]:
    """All changes worth a look, the first ones first.

    Args:
        tables: What was counted and tested, at least one.
        replicates: Of both sides.
        statements: Of the log.
    """
    corrected = adjusted(np.concatenate([one.test.p[one.test.testable] for one in tables]))
    found: list[Found] = []
    begin = 0
    for table in tables:
        q = np.ones(len(table.role))
        testable = np.flatnonzero(table.test.testable)
        q[testable] = corrected[begin : begin + len(testable)]
        begin += len(testable)
        found += _of_table(table, q, replicates, statements)
    orders = next(one for one in tables if one.kind == "order")
    return _in_turn(joined(found, orders, statements))


def _of_table(
    table: Counted, q: NDArray[np.float64], replicates: Replicates, statements: Statements
) -> Iterator[Found]:
    """What passes, and what is new or gone."""
    by_run = np.zeros((len(table.role), len(replicates.runs)))
    np.add.at(by_run.T, replicates.run_of, table.counts.T)
    is_after = np.array([one.after for one in replicates.runs], dtype=bool)
    before, after = by_run[:, ~is_after], by_run[:, is_after]
    sides = (~replicates.after, replicates.after)
    exposed = [table.exposure[:, side].sum(axis=1) for side in sides]
    new = before.sum(axis=1) == 0
    gone = (before.min(axis=1) > 0) & (after.sum(axis=1) == 0)
    if replicates.unit == "blocks":  # one run lacks a lot that the other one did once
        gone &= table.test.testable
    listed = table.settled & (new if table.kind == "value" else new | gone)
    if table.kind == "value":  # of a place that was there before
        listed &= exposed[0] > 0
    was_there = before.sum(axis=1) > 0
    known = Known(statements, table.role[was_there], table.statement[was_there])
    least = _NEARLY if table.kind not in ("order", "level") else 0.0
    unusual = table.test.testable & ((q <= ALPHA) | (table.test.p <= least))
    keys = np.flatnonzero(np.logical_or(unusual, listed))
    keys = keys[np.argsort(q[keys], kind="stable")[:_MOST]]
    for key in keys.tolist():
        number = int(table.statement[key])
        said = statements.known[number] if number >= 0 else None
        first, second = (int(code) for code in table.item[key])
        ratio = float(table.test.ratio[key])
        what: What = "more" if ratio > 1 else "fewer"
        if new[key]:
            what = "new"
        elif not any(after[key]):
            what = "gone"
        yield Found(
            kind=table.kind,
            what=what,
            role=int(table.role[key]),
            item=(first, second),
            statement=number,
            level=first if table.kind == "level" else said.level if said else NO_LEVEL,
            grave=said is not None and said.grave,
            before=before[key].astype(int).tolist(),
            after=after[key].astype(int).tolist(),
            expected=float(before[key].sum() * exposed[1][key] / max(exposed[0][key], 1e-12)),
            p=float(table.test.p[key]),
            q=float(q[key]),
            testable=bool(table.test.testable[key]),
            ratio=ratio,
            known_as=known.as_what(int(table.role[key]), number)
            if what == "new" and table.kind == "statement"
            else "",
        )


def _in_turn(found: Sequence[Found]) -> list[Found]:
    """What passes and what is new and grave by turns, and the rest."""
    passing = sorted((one for one in found if one.passes), key=lambda one: (-one.strength, one.q))
    others = [one for one in found if not one.passes]
    grave = [one for one in others if _is_news(one)]
    rest = [one for one in others if one not in grave]
    nearly = sorted((one for one in rest if one.p <= _NEARLY), key=lambda one: one.p)
    lists = [[*passing, *nearly], sorted(grave, key=_seldom)]
    turns = zip_longest(*(lists if passing else lists[::-1]))
    first = [one for pair in turns for one in pair if one is not None]
    return [*first, *sorted((one for one in rest if one.p > _NEARLY), key=_news)]


def _is_news(one: Found) -> bool:
    """An error that is new, or a statement that all of several runs show and none did before."""
    in_all = len(one.after) > 1 and all(one.after)
    return one.kind == "statement" and one.what == "new" and (one.grave or in_all)


def _news(one: Found) -> tuple[float, ...]:
    return (one.kind != "service", one.what != "new", *_seldom(one))


def _seldom(one: Found) -> tuple[float, ...]:
    """By the share of the runs that show it, then whether it is like nothing before, level, number."""
    side = one.after if one.what == "new" else one.before
    share = sum(count > 0 for count in side) / len(side)
    count = max(sum(one.after), sum(one.before))
    return (-share, one.known_as != "", -one.grave, -one.level, -count)
