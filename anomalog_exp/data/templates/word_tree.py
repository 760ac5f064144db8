"""Finds the template whose words a message has at the same places: a tree of words, read from the root.

A wildcard of a template stands for one word, or for a part of one (`uid=<*>,`). Where several templates
fit, the one that shares most words with the message is meant, a part of a word counting for half of
one, then the older one. A message is compared with few templates, however many there are, as in Drain's
own tree of fixed depth; this one reaches down to the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["WordTree"]


_WHOLE: Final = 2
_PART: Final = 1


class WordTree:
    """A tree over the words of template texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._root: _Node = _Node()
        for code, text in enumerate(texts):
            node = self._root
            for word in text.split():
                node = node.add(word)
            node.codes.append(code)

    def find(self, message: str) -> int | None:
        """The code of the template that fits the message best, None where none fits."""
        fits = [(0, self._root)]
        for word in message.split():
            fits = [
                (shared + more, below)
                for shared, node in fits
                for more, below in node.fitting(word)
            ]
        ends = [(-shared, code) for shared, node in fits for code in node.codes]
        return min(ends)[1] if ends else None


class _Node:
    """A word of templates: the words that follow it, and the codes of templates that end with it."""

    __slots__ = ("below", "codes", "parts")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.parts: list[str] = []
        self.codes: list[int] = []

    def add(self, word: str) -> _Node:
        """The node of a word that follows."""
        if word not in self.below:
            self.below[word] = _Node()
            if WILDCARD in word and word != WILDCARD:
                self.parts.append(word)
        return self.below[word]

    def fitting(self, word: str) -> Iterator[tuple[int, _Node]]:
        """The nodes that a word of a message leads to, and how much it shares with each."""
        if word in self.below and word != WILDCARD:
            yield _WHOLE, self.below[word]
        for part in self.parts:
            if part != word and _fits(word, part.split(WILDCARD)):
                yield _PART, self.below[part]
        if WILDCARD in self.below:
            yield 0, self.below[WILDCARD]


def _fits(word: str, constants: Sequence[str]) -> bool:
    """Whether a word has these constants in their order, with something between each two of them."""
    first, *between, last = constants
    if not word.startswith(first):
        return False
    place = len(first)
    for constant in between:
        place = word.find(constant, place + 1)
        if place < 0:
            return False
        place += len(constant)
    return word.endswith(last) and place < len(word) - len(last)
