"""A change between two sides of a log, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2
from typing import Final, Literal

from anomalog_exp.features.counted import Kind
from anomalog_exp.features.severity import LEVEL_WEIGHTS

__all__ = ["ALPHA", "Found", "KnownAs", "What"]

KnownAs = Literal["", "elsewhere", "alike"]
What = Literal["new", "gone", "more", "fewer"]

ALPHA: Final = 0.05
"""The share of what passes that may be wrong."""

_LARGEST: Final = 3.0
"""Of a change, in doublings: what came from nowhere has no end of them."""

_LARGEST_ORDER: Final = 2.0
"""Of an order: a statement that is gone says more than that two of them take turns."""


@dataclass(eq=False)
class Found:
    """A change.

    Attributes:
        kind: What was counted.
        what: What became of it.
        role: Index into the roles.
        item: What it is; see `Counted`.
        statement: The statement that it is about; of an order, the one that follows; -1 of a service.
        level: Code of its level.
        grave: An error, or with a stack trace.
        before: (runs before,) how often it is there.
        after: (runs after,) the same.
        expected: How often after, by the rate before.
        p: Its chance; 1 where no test can tell.
        q: The same with regard to all that was tested.
        testable: A test can tell.
        passes: It passes.
        ratio: The rate after over the rate before.
        known_as: What was there before of something new: the same in another service, or something that
            reads nearly the same; empty where nothing was.
        joined: Changes that follow from it, or are the same.
    """

    kind: Kind
    what: What
    role: int
    item: tuple[int, int]
    statement: int
    level: int
    grave: bool
    before: list[int]
    after: list[int]
    expected: float
    p: float
    q: float
    testable: bool
    ratio: float
    known_as: KnownAs = ""
    joined: list[Found] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        return self.testable and self.q <= ALPHA

    @property
    def doublings(self) -> float:
        return log2(self.ratio)

    @property
    def strength(self) -> float:
        """How large it is, with the weight of its level."""
        largest = _LARGEST_ORDER if self.kind == "order" else _LARGEST
        return min(abs(self.doublings), largest) * LEVEL_WEIGHTS[self.level]
