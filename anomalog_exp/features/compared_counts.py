"""What is counted in two sides: services and quarters of them, statements, levels, values, orders.

Every kind of count is a table of keys by replicates, with what each count is out of: the size of its
replicate, the events that have a value at the same place, or those that something follows at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_ENTITY, NO_LEVEL
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.features.count_test import count_test, sizes
from anomalog_exp.features.counted import Counted, Kind, table_of
from anomalog_exp.features.replicates import Replicates
from anomalog_exp.features.statements import Statements

__all__ = ["compared_counts", "replicate_sizes"]

_ITEMS: Final = 1 << 32
_MOST_VALUES: Final = 100
_MOST_LONE: Final = 0.25
"""A place where more of the distinct values are each of one replicate shows new ones all the time."""

_FEWEST_FOLLOWING: Final = 5
_TIED: Final = 0.5


def replicate_sizes(replicates: Replicates, statements: Statements) -> NDArray[np.float64]:
    """(replicates,) how large each is, 1 on average, by the statements that all of them have."""
    rows = np.flatnonzero(replicates.of_row >= 0)
    key = replicates.role_of_row[rows] * len(statements.known) + statements.of_row[rows]
    return sizes(table_of(key, replicates.of_row[rows], len(replicates.after))[1])


def compared_counts(
    dataset: LogDataset,
    replicates: Replicates,
    statements: Statements,
    size: NDArray[np.float64],
) -> Iterator[Counted]:
    """Each kind of counts, tested.

    Args:
        dataset: The log.
        replicates: Of both sides.
        statements: Of the log.
        size: (replicates,) how large each is.
    """
    rows = np.flatnonzero(replicates.of_row >= 0)
    statement = statements.of_row[rows]
    level = np.array([one.level for one in statements.known], dtype=np.int64)[statement]
    leveled = level != NO_LEVEL
    parts: dict[Kind, tuple[NDArray[np.int64], NDArray[np.int64]]] = {
        "statement": (rows, statement)
    }
    parts["level"] = (rows[leveled], level[leveled])
    if len(replicates.roles) > 1:
        parts["service"] = (rows, np.full(len(rows), -1))
        if replicates.unit == "runs":
            parts["quarter"] = (rows, replicates.quarter_of_row[rows])
    yield from _sized(parts, replicates, size)
    if dataset.parameters is not None:
        yield _values(dataset, replicates, statements, rows)
    yield _orders(dataset, replicates, statements, rows)


def _sized(
    parts: Mapping[Kind, tuple[NDArray[np.int64], NDArray[np.int64]]],
    replicates: Replicates,
    size: NDArray[np.float64],
) -> Iterator[Counted]:
    """Counts that are out of the size of their replicates, tested together: the rows and the items."""
    keys, counts = {}, {}
    for kind, (rows, item) in parts.items():
        key = replicates.role_of_row[rows] * _ITEMS + item + 1
        keys[kind], counts[kind] = table_of(key, replicates.of_row[rows], len(size))
    together = np.concatenate(list(counts.values()))
    exposure = np.broadcast_to(size, together.shape)
    test = count_test(together, exposure, replicates.after, replicates.runs_of_sides)
    begin = 0
    for kind, key in keys.items():
        own = slice(begin, begin + len(key))
        begin = own.stop
        items = np.stack([key % _ITEMS - 1, np.full(len(key), -1)], axis=1)
        statement = items[:, 0] if kind == "statement" else np.full(len(key), -1)
        yield Counted(
            kind,
            key // _ITEMS,
            items,
            statement,
            counts[kind],
            exposure[own],
            test.part(own),
            np.full(len(key), kind in ("service", "statement")),
        )


def _values(
    dataset: LogDataset, replicates: Replicates, statements: Statements, rows: NDArray[np.int64]
) -> Counted:
    """Values at places that have few, and seldom a new one before."""
    parameters = dataset.parameters
    assert parameters is not None
    traced = np.array([bool(one.exceptions) for one in statements.known], dtype=bool)
    rows = rows[~traced[statements.of_row[rows]]]
    found = parameters.of(rows)
    roles, texts = len(replicates.roles), max(len(parameters.texts), 1)
    owner = rows[found.row]
    key = (found.place * roles + replicates.role_of_row[owner]) * texts + found.code
    few = _of_few(key, texts)
    keys, counts = table_of(key[few], replicates.of_row[owner[few]], len(replicates.after))
    places, of_key = np.unique(keys // texts, return_inverse=True)
    exposure = np.zeros((len(places), counts.shape[1]))
    np.add.at(exposure, of_key, counts)
    before = counts[:, ~replicates.after] > 0
    known = np.bincount(of_key, weights=before.any(axis=1), minlength=len(places))
    lone = np.bincount(of_key, weights=before.sum(axis=1) == 1, minlength=len(places))
    shared = before.any(axis=1) & (counts[:, replicates.after] > 0).any(axis=1)
    usable = lone <= _MOST_LONE * known
    # Names of a run, its ports and containers, are all others in the next run.
    usable &= np.bincount(of_key, weights=shared, minlength=len(places)) > 0
    kept = usable[of_key]
    place, role = np.divmod(keys[kept] // texts, roles)
    items = np.stack([place, keys[kept] % texts], axis=1)
    template = np.searchsorted(parameters.first_place, place, side="right") - 1
    said = statements.of_template[template]
    exposed = exposure[of_key[kept]]
    settled = (lone == 0)[of_key[kept]]
    return Counted.tested("value", role, items, said, counts[kept], exposed, replicates, settled)


def _of_few(key: NDArray[np.int64], texts: int) -> NDArray[np.bool_]:
    """(values,) whether each is at a place that has not more values than take part."""
    distinct, number = np.unique(key, return_inverse=True)
    _, place, values = np.unique(distinct // texts, return_inverse=True, return_counts=True)
    few: NDArray[np.bool_] = (values <= _MOST_VALUES)[place][number]
    return few


def _orders(
    dataset: LogDataset,
    replicates: Replicates,
    statements: Statements,
    rows: NDArray[np.int64],
) -> Counted:
    """What follows what in a file; within an entity, where most lines belong to one."""
    kinds = len(statements.known)
    entity = np.asarray(dataset.entity)
    if (entity[rows] != NO_ENTITY).mean() < _TIED:
        entity = np.full(len(entity), NO_ENTITY)
    ordered = rows[np.lexsort((rows, entity[rows], dataset.source[rows]))]
    first, second = ordered[:-1], ordered[1:]
    same = (dataset.source[first] == dataset.source[second]) & (entity[first] == entity[second])
    first, second = first[same], second[same]
    context = replicates.role_of_row[first] * kinds + statements.of_row[first]
    replicate = replicates.of_row[first]
    keys, counts = table_of(
        context * kinds + statements.of_row[second], replicate, len(replicates.after)
    )
    contexts, of_key = np.unique(keys // kinds, return_inverse=True)
    exposure = np.zeros((len(contexts), counts.shape[1]))
    np.add.at(exposure, of_key, counts)
    kept = counts.sum(axis=1) >= _FEWEST_FOLLOWING
    pair = keys[kept] % (kinds * kinds)
    items = np.stack([pair // kinds, pair % kinds], axis=1)
    role = keys[kept] // (kinds * kinds)
    exposed = exposure[of_key[kept]]
    settled = np.zeros(len(items), dtype=bool)
    return Counted.tested(
        "order", role, items, items[:, 1], counts[kept], exposed, replicates, settled
    )
