"""Where the words differ that make very many templates of a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["DifferingWords", "differing_words"]


class DifferingWords(NamedTuple):
    """The words that follow one word in template texts.

    Attributes:
        behind: The word; empty where they begin a text.
        words: How many different ones follow.
        some: The first three of them.
    """

    behind: str
    words: int
    some: tuple[str, ...]


def differing_words(texts: Sequence[str]) -> DifferingWords:
    """The word that most different words follow, of at least one text.

    Examples:
        >>> differing_words(["login of ann", "login of bob", "logout now"])
        DifferingWords(behind='', words=2, some=('login', 'logout'))
        >>> differing_words(["login of ann", "login of bob", "login of cid"])
        DifferingWords(behind='of', words=3, some=('ann', 'bob', 'cid'))
    """
    following: dict[str, dict[str, None]] = defaultdict(dict)
    for text in texts:
        for before, word in pairwise(["", *text.split()]):
            following[before][word] = None
    behind, words = max(following.items(), key=lambda item: len(item[1]), default=("", {}))
    return DifferingWords(behind, len(words), tuple(words)[:3])
