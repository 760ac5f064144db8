"""Where the values of all messages of one shape stand, found once for the shape.

A shape is a message with `0` for each number (`Masker.fast`). A text without digits is in a message
where it is in its shape, unless it can begin within a number. So the shape is cut instead of its
messages, and says for each value at which border it begins and ends. Borders are the bytes up to `-`:
spaces, commas, brackets. No number holds one, so a message has those of its shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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

__all__ = ["LONGEST_CUT", "ShapeCuts", "borders_in"]

_LAST_BORDER: Final = ord("-")
LONGEST_CUT: Final = 1 << 22
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


_NOTHING: Final = _Edge(0, 1)
"""An empty value at the begin of a message."""


class ShapeCuts(NamedTuple):
    """How messages of each shape are cut.

    Attributes:
        longest: (shapes,) int64 how many bytes a message may have to be cut; -1: none is cut.
        borders: (shapes,) int64 how many borders a message has, with the byte before it; 0: none is cut.
        places: (shapes,) int64 how many values.
        first: (shapes,) int64 which of the edges are those of its first value.
        begin: (2, all values) int64, an `_Edge` each.
        end: (2, all values) int64.

    A message that is not cut has empty values.
    """

    longest: NDArray[np.int64]
    borders: NDArray[np.int64]
    places: NDArray[np.int64]
    first: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, shapes: Sequence[str | None], constants: Sequence[Sequence[str]]) -> Self:
        """Find the cuts.

        Args:
            shapes: None where messages are not to be cut by their shape.
            constants: What stands around the places of the template of each.
        """
        most = np.full(len(shapes), -1, dtype=np.int64)
        borders = np.zeros(len(shapes), dtype=np.int64)
        first = np.zeros(len(shapes), dtype=np.int64)
        edges: list[tuple[_Edge, _Edge]] = []
        for number, (shape, around) in enumerate(zip(shapes, constants, strict=True)):
            cut = None if shape is None else _cut(shape, around)
            first[number] = len(edges)
            if cut is None:
                edges += [(_NOTHING, _NOTHING)] * (len(around) - 1)
            else:
                most[number], borders[number], found = cut
                edges += found
        places = np.array([len(around) - 1 for around in constants], dtype=np.int64)
        begin, end = np.array(edges, dtype=np.int64).reshape(-1, 2, 2).transpose(1, 2, 0).copy()
        return cls(most, borders, places, first, begin, end)


def _cut(shape: str, constants: Sequence[str]) -> tuple[int, int, list[tuple[_Edge, _Edge]]] | None:
    """The longest message, the number of borders and the edges of each value; None where not known."""
    if len(constants) == 1 or not can_cut(constants) or any(map(_DIGIT.search, constants)):
        return None
    octets, between = shape.encode(), [text.encode() for text in constants]
    places = cut_places(octets, between)
    if places is None:
        return None
    form = min(form_of(octets[begin:end].decode()) for begin, end in places)
    if not (form == WORD or (form == ROW_OF_WORDS and single_spaces(constants))):
        return None
    for (begin, end), text in zip(places, between[1:-1], strict=False):
        if b"0" in octets[begin:end] and not _OUTSIDE_NUMBERS.match(text):
            return None
    inside = borders_in(np.frombuffer(octets, dtype=np.uint8), np.array([len(octets)]))
    borders = np.array([-1, *inside])
    edges = []
    for place in places:
        begins, ends = (_edge(octets, borders, at) for at in place)
        if begins is None or ends is None:
            return None
        edges.append((begins, ends))
    most = longest(constants, words=form == WORD)
    return LONGEST_CUT if most is None else min(most, LONGEST_CUT), len(borders) - 1, edges


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
