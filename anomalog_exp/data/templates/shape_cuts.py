"""Where the values of all messages of one shape stand, found once for the shape.

A shape is a message with `0` for each number (`Masker.fast`). A text without digits is in a message
where it is in its shape, unless it can begin within a number. So the shape is cut instead of its
messages, and says for each value at which border it begins and ends. Borders are the bytes up to `-`:
spaces, commas, brackets. No number holds one, so a message has those of its shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.cut_values import (
    ROW_OF_WORDS,
    WORD,
    can_cut,
    cut_places,
    form_of,
    single_spaces,
)
from anomalog_exp.data.templates.place_patterns import longest

__all__ = ["ShapeCut", "ShapeCuts", "borders_in"]

_LAST_BORDER: Final = ord("-")
_LONGEST: Final = 1 << 22
"""Bytes of the longest message that is cut: its borders may take eight times that."""

_DIGIT: Final = re.compile("[0-9]")
_OUTSIDE_NUMBERS: Final = re.compile(rb"[^0-9A-Za-z.:]|[.:].", re.DOTALL)
"""How a text without digits begins that cannot begin within a number: a dot there has a digit behind."""


def borders_in(octets: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the borders in texts are that stand one after the other.

    Args:
        octets: (bytes,) of the texts.
        ends: (texts,) one past the last byte of each.
    """
    is_border = octets <= _LAST_BORDER
    is_border[ends - 1] = True
    return np.flatnonzero(is_border)


class _Edge(NamedTuple):
    """Where a value begins or ends: so many bytes behind a border, or before it if that is negative.

    The byte before the message is border number 0, the last byte of the message the last one.
    """

    border: int
    distance: int


class ShapeCut(NamedTuple):
    """How messages of one shape are cut.

    Attributes:
        longest: How many bytes a message may have so that patterns read the same values; -1: they may
            read others in any.
        borders: How many borders a message has, without the byte before it.
        places: Where each value begins and ends in the shape, in bytes.
        edges: The same in a message.
    """

    longest: int
    borders: int
    places: list[tuple[int, int]]
    edges: list[tuple[_Edge, _Edge]]

    @classmethod
    def of(cls, shape: str, constants: Sequence[str]) -> Self | None:
        """Find the cut; None where messages cannot be cut by their shape.

        Args:
            shape: With `0` for each number.
            constants: What stands around the places.
        """
        if not shape:
            return None
        octets, between = shape.encode(), [text.encode() for text in constants]
        inside = borders_in(np.frombuffer(octets, dtype=np.uint8), np.array([len(octets)]))
        if len(constants) == 1:
            same = shape == constants[0] and not _DIGIT.search(shape)
            return cls(_LONGEST, len(inside), [], []) if same else None
        if not can_cut(constants) or any(map(_DIGIT.search, constants)):
            return None
        places = cut_places(octets, between)
        if places is None:
            return None
        for (begin, end), text in zip(places, between[1:-1], strict=False):
            if b"0" in octets[begin:end] and not _OUTSIDE_NUMBERS.match(text):
                return None
        borders = np.array([-1, *inside])
        edges = []
        for place in places:
            begins, ends = (_edge(octets, borders, at) for at in place)
            if begins is None or ends is None:
                return None
            edges.append((begins, ends))
        values = [octets[slice(*place)].decode() for place in places]
        return cls(_longest(values, constants), len(inside), places, edges)


def _longest(values: Sequence[str], constants: Sequence[str]) -> int:
    form = min(map(form_of, values))
    if not (form == WORD or (form == ROW_OF_WORDS and single_spaces(constants))):
        return -1
    most = longest(constants, words=form == WORD)
    return _LONGEST if most is None else min(most, _LONGEST)


class ShapeCuts(NamedTuple):
    """How messages of each shape are cut.

    Attributes:
        longest: (shapes,) int64 how many bytes a message may have to be cut; -1: none is cut.
        borders: (shapes,) int64 how many borders a message has, without the byte before it.
        places: (shapes,) int64 how many values; 0 where messages are not cut.
        first: (shapes,) int64 which of the edges are those of its first value.
        begin: (2, all values) int64, an `_Edge` each.
        end: (2, all values) int64.
    """

    longest: NDArray[np.int64]
    borders: NDArray[np.int64]
    places: NDArray[np.int64]
    first: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        """Of no shapes."""
        each, edges = np.zeros(0, dtype=np.int64), np.zeros((2, 0), dtype=np.int64)
        return cls(each, each, each, each, edges, edges)

    def and_of(self, cuts: Mapping[int, ShapeCut], shapes: int) -> Self:
        """These cuts and some more.

        Args:
            cuts: By the numbers of their shapes, of which none is cut yet.
            shapes: How many shapes there are now.
        """
        nothing = np.zeros(shapes - len(self.longest), dtype=np.int64)
        longest = np.append(self.longest, nothing - 1)
        borders, places, first = (np.append(one, nothing) for one in self[1:4])
        numbers, found = list(cuts), cuts.values()
        longest[numbers] = [cut.longest for cut in found]
        borders[numbers] = [cut.borders for cut in found]
        places[numbers] = count = np.array([len(cut.places) for cut in found], dtype=np.int64)
        first[numbers] = self.begin.shape[1] + np.cumsum(count) - count
        edges = np.array([edge for cut in found for edge in cut.edges], dtype=np.int64)
        begin, end = edges.reshape(-1, 2, 2).transpose(1, 2, 0)
        begin, end = np.hstack((self.begin, begin)), np.hstack((self.end, end))
        return type(self)(longest, borders, places, first, begin, end)


def _edge(shape: bytes, borders: NDArray[np.int64], at: int) -> _Edge | None:
    """The border with no number between it and a place in the shape; None where there is none."""
    behind = int(np.searchsorted(borders, at))
    before = int(borders[behind - 1])
    if b"0" not in shape[before + 1 : at]:
        return _Edge(behind - 1, at - before)
    # The last byte may belong to a number.
    if behind < len(borders) and b"0" not in shape[at : int(borders[behind]) + 1]:
        return _Edge(behind, at - int(borders[behind]))
    return None
