"""Messages as rows of numbers of words, those of one length together, for array operations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["WILD", "RowsOfLength", "TokenRows", "rows_of_groups"]

WILD: Final = 0
"""The number of the wildcard among words."""


class RowsOfLength(NamedTuple):
    """The messages that have so many words.

    Attributes:
        places: (rows,) int64 place of each among all messages, ascending.
        words: (rows, length) int32 numbers of words.
    """

    places: NDArray[np.int64]
    words: NDArray[np.int32]


class TokenRows:
    """The words of messages, which white space parts.

    Attributes:
        texts: (words,) object, the word of each number; the first one is the wildcard.
        rows: (messages,) numbers of the words of each message.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        ids: dict[str, int] = {WILDCARD: WILD}
        self.rows = [
            [ids.setdefault(word, len(ids)) for word in message.split()] for message in messages
        ]
        self.texts = np.array(list(ids), dtype=object)

    def by_length(self) -> Iterator[RowsOfLength]:
        """The messages of each length, in the order in which lengths first occur."""
        places: dict[int, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(len(row), []).append(place)
        for length, those in places.items():
            words = np.array([self.rows[place] for place in those], dtype=np.int32)
            yield RowsOfLength(np.array(those), words.reshape(len(those), length))

    def value_like(self) -> NDArray[np.bool_]:
        """(words,) whether a word is a wildcard and no letters, as `<*>` and `[<*>],` are."""
        return np.array(
            [WILDCARD in text and not re.search(r"[^\W\d_]", text) for text in self.texts]
        )


def rows_of_groups(group: NDArray[np.integer]) -> list[NDArray[np.intp]]:
    """The rows of each group, ascending; groups in the order of their numbers.

    Args:
        group: (rows,) number of the group of each row.
    """
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
