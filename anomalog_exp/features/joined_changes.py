"""Changes that follow from another one, joined to it, so that one cause is one change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Final

import numpy as np

from anomalog_exp.features.counted import Counted
from anomalog_exp.features.found_change import Found
from anomalog_exp.features.statements import Statements

__all__ = ["joined"]

_SAME: Final = 1.0
"""Doublings by which a statement may change more or less than its service and still follow it."""

_BESIDE: Final = 0.1
"""Share of the lines behind a statement that makes another one its neighbour."""

_WHOLE: Final = ("service", "quarter")
_Leader = Callable[[Found], Found | None]


def joined(found: Sequence[Found], orders: Counted, statements: Statements) -> list[Found]:
    """The changes that lead, each with those that follow from it.

    Args:
        found: All of them.
        orders: What follows what, for the neighbours of statements.
        statements: Of the log.
    """
    services: dict[int, Found] = {}
    for one in sorted((one for one in found if one.kind in _WHOLE), key=_says_most, reverse=True):
        services.setdefault(one.role, one)
    left = _moved(found, lambda one: _of_service(one, services))
    changed = {(one.role, one.statement): one for one in left if one.kind == "statement"}
    beside = _neighbours(orders, changed)
    left = _moved(left, lambda one: _of_statement(one, changed, beside))
    left = _moved(left, _of_level(left))
    left = _led(left, lambda one: _place(one, statements))
    left = _moved(left, _of_orders(left))
    return _led(left, lambda one: _wording(one, statements))


def _moved(found: Sequence[Found], leader: _Leader) -> list[Found]:
    """The changes but those that have a leader, to which they are joined."""
    left = []
    for one in found:
        other = leader(one)
        if other is None or other is one or (one.passes and not other.passes):
            left.append(one)
        else:
            other.joined.append(one)
    return left


def _led(found: Sequence[Found], key: Callable[[Found], Hashable | None]) -> list[Found]:
    """Of changes with the same key the strongest one leads; those without a key stand alone."""
    groups: dict[Hashable, list[Found]] = defaultdict(list)
    for number, one in enumerate(found):
        same = key(one)
        groups[("alone", number) if same is None else same].append(one)
    left = []
    for members in groups.values():
        lead = max(members, key=_leads)
        for one in members:
            if one is not lead:
                lead.joined.append(one)
        left.append(lead)
    return left


def _says_most(one: Found) -> tuple[float, ...]:
    """Silence in a part of a run says more than fewer lines in all of it."""
    return (one.passes, one.what in ("new", "gone"), one.kind == "service", one.strength)


def _leads(one: Found) -> tuple[float, ...]:
    return (one.passes, one.what == "new", one.doublings > 0, one.strength, sum(one.after))


def _of_service(one: Found, services: dict[int, Found]) -> Found | None:
    """The service that changed as much."""
    service = services.get(one.role)
    if service is None or one.grave or one is service:
        return None
    if one.kind in (*_WHOLE, "order"):
        return service
    same_way = (one.doublings > 0) == (service.doublings > 0)
    as_much = abs(one.doublings - service.doublings) < _SAME
    # A service that is silent in a part of a run has less of all, of each line as it is spread.
    alike = as_much or one.kind == "level" or service.kind == "quarter" or service.what == "gone"
    return service if same_way and alike else None


def _of_statement(
    one: Found, changed: dict[tuple[int, int], Found], beside: dict[tuple[int, int], list[Found]]
) -> Found | None:
    """The statement whose change explains that of a value or of an order."""
    if one.kind == "value":
        return changed.get((one.role, one.statement))
    if one.kind != "order":
        return None
    first, second = ((one.role, code) for code in one.item)
    own = changed.get(second) or changed.get(first)
    both = [other for other in beside.get(first, []) if other in beside.get(second, [])]
    return own or max(both, key=lambda other: other.strength, default=None)


def _neighbours(
    orders: Counted, changed: dict[tuple[int, int], Found]
) -> dict[tuple[int, int], list[Found]]:
    """The changed statements beside which each statement stands."""
    share = orders.counts.sum(axis=1) / np.maximum(orders.exposure.sum(axis=1), 1.0)
    near = np.flatnonzero(share >= _BESIDE)
    beside: dict[tuple[int, int], list[Found]] = defaultdict(list)
    for role, (first, second) in zip(
        orders.role[near].tolist(), orders.item[near].tolist(), strict=True
    ):
        for one, other in ((first, second), (second, first)):
            if (role, one) in changed:
                beside[role, other].append(changed[role, one])
    return beside


def _of_level(found: Sequence[Found]) -> _Leader:
    """A statement of the same level, whose change is that of the level."""
    strongest: dict[tuple[int, int, bool], Found] = {}
    for one in found:
        if one.kind != "level" and one.passes:
            key = (one.role, one.level, one.doublings > 0)
            if key not in strongest or one.strength > strongest[key].strength:
                strongest[key] = one

    def leader(one: Found) -> Found | None:
        if one.kind != "level":
            return None
        return strongest.get((one.role, one.level, one.doublings > 0))

    return leader


def _of_orders(found: Sequence[Found]) -> _Leader:
    """Of orders of the same statements the strongest one leads."""
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    orders = [one for one in found if one.kind == "order"]
    for one in orders:
        first, second = (root((one.role, code)) for code in one.item)
        parent[first] = second
    lead: dict[tuple[int, int], Found] = {}
    for one in sorted(orders, key=_leads, reverse=True):
        lead.setdefault(root((one.role, one.item[0])), one)
    return lambda one: lead[root((one.role, one.item[0]))] if one.kind == "order" else None


def _place(one: Found, statements: Statements) -> Hashable | None:
    """Values of one statement: that one of them came is why others are rarer."""
    if one.kind != "value":
        return None
    return (one.role, statements.known[one.statement].text, one.passes)


def _wording(one: Found, statements: Statements) -> Hashable | None:
    """What reads the same, in several services; and what is new and differs in ids alone."""
    if one.kind == "statement":
        said = statements.known[one.statement]
        return ("statement", one.what, one.passes, *said)
    if one.kind == "order":
        texts = tuple(statements.known[code] for code in one.item)
        return ("order", one.what, one.passes, texts)
    return None
