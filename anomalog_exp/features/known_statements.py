"""What was there before of a new statement: the same in another service, or one that is alike."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.found_change import KnownAs
from anomalog_exp.features.statements import Statements

__all__ = ["Known"]

_ALIKE: Final = 0.7
"""Share of the words, place by place, that near-equal statements have in common."""


class Known:
    """Statements that were there before, by service."""

    def __init__(
        self, statements: Statements, role: NDArray[np.int64], statement: NDArray[np.int64]
    ) -> None:
        """Args:
        statements: Of the log.
        role: (pairs,) the service that had a statement before.
        statement: (pairs,) the statement, or -1.
        """
        self._known = statements.known
        self._anywhere = set(statement.tolist())
        self._words: dict[tuple[object, ...], list[list[str]]] = defaultdict(list)
        for where, number in zip(role.tolist(), statement.tolist(), strict=True):
            if number >= 0:
                words = self._known[number].text.split()
                self._words[self._form(where, number, words)].append(words)

    def as_what(self, role: int, number: int) -> KnownAs:
        """What was there of a statement that is new in a service."""
        if number in self._anywhere:
            return "elsewhere"
        words = self._known[number].text.split()
        others = self._words.get(self._form(role, number, words), [])
        return "alike" if any(_alike(words, one) for one in others) else ""

    def _form(self, role: int, number: int, words: list[str]) -> tuple[object, ...]:
        one = self._known[number]
        return role, one.level, one.exceptions, one.frame, len(words)


def _alike(first: list[str], second: list[str]) -> bool:
    same = sum(one == other for one, other in zip(first, second, strict=True))
    return same >= _ALIKE * len(first)
