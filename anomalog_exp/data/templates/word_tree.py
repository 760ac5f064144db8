"""Finds the template whose words a message has at the same places: a tree of words, read from the root.

A wildcard of a template stands for one word. Where several templates fit, the one that shares most words
with the message is meant, then the older one. A message is compared with few templates, however many
there are, as in Drain's own tree of fixed depth; this one reaches down to the last word.
"""

from __future__ import annotations

from collections.abc import Sequence

from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["WordTree"]


class WordTree:
    """A tree over the words of template texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._root: _Node = _Node()
        for code, text in enumerate(texts):
            node = self._root
            for word in text.split():
                node = node.below.setdefault(word, _Node())
            node.codes.append(code)

    def find(self, message: str) -> int | None:
        """The code of the template that fits the message best, None where none fits."""
        fits = [(0, self._root)]
        for word in message.split():
            fits = [
                (shared + (branch != WILDCARD), node.below[branch])
                for shared, node in fits
                for branch in {word, WILDCARD}
                if branch in node.below
            ]
        ends = [(-shared, code) for shared, node in fits for code in node.codes]
        return min(ends)[1] if ends else None


class _Node:
    """A word of templates: the words that follow it, and the codes of templates that end with it."""

    __slots__ = ("below", "codes")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.codes: list[int] = []
