"""Where the values at the places of templates come from, for messages that were taken apart.

What stands at a place is a wildcard of the masked message, words of the shape, or some of both. Where
that is not so, the message is put together again, to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import buffers_of, series_of
from anomalog_exp.data.templates.masked_values import MaskedShape
from anomalog_exp.data.templates.place_patterns import longest
from anomalog_exp.data.templates.shape_cuts import ShapeCut
from anomalog_exp.data.text_numbers import TextNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ValueSources", "values_of_rows"]

_MARK: Final = "\0"


class _Source(NamedTuple):
    """What a text consists of: words, and wildcards of the masked message between them.

    Attributes:
        words: One more than wildcards; they may be empty.
        first: Which wildcard of the message is the first one.
    """

    words: tuple[str, ...]
    first: int


def _wildcard(nth: int) -> _Source:
    return _Source(("", ""), nth)


class ValueSources:
    """Of all shapes of a log.

    Attributes:
        wildcards: (shapes,) int64 how many values were taken out of a message.
        places: (shapes,) int64 how many places its template has.
        same: (shapes,) bool: the values at them are those that were taken out, in their order.
        again: (shapes,) bool: messages are put together and read.
    """

    def __init__(
        self,
        masked: Mapping[int, MaskedShape],
        around: Sequence[Sequence[str]],
        vocabulary: TextNumbers,
    ) -> None:
        """Args:
        masked: By the codes of their shapes.
        around: (shapes,) what stands around the places of the template of each.
        vocabulary: Of the values.
        """
        import polars as pl

        shapes = len(around)
        self.wildcards = np.zeros(shapes, dtype=np.int64)
        self.places = np.array([len(constants) - 1 for constants in around], dtype=np.int64)
        self.same, self.again = np.zeros((2, shapes), dtype=bool)
        self._vocabulary = vocabulary
        sources: list[_Source] = []
        self._source = np.zeros(shapes, dtype=np.int64)
        for code, shape in masked.items():
            self.wildcards[code] = count = len(shape.cut.places)
            found = _sources(shape, around[code])
            self.again[code] = found is None
            self.same[code] = found == list(map(_wildcard, range(count)))
            self._source[code] = len(sources)
            sources += [_Source(tuple(shape.constants), 0)] if found is None else found
        self._first = np.array([one.first for one in sources], dtype=np.int64)
        self._count = np.array([len(one.words) - 1 for one in sources], dtype=np.int64)
        self._alone = np.array([one.words == ("", "") for one in sources], dtype=bool)
        self._words = np.cumsum(self._count + 1) - (self._count + 1)
        words = pl.Series([word for one in sources for word in one.words], dtype=pl.String)
        self._number_of_words = len(words)
        joined = self.again.any() or not self._alone.all()
        self._texts = pl.concat([words, vocabulary.every()], rechunk=True) if joined else words

    def values(self, shape: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """(values,) the numbers of the values at the places of templates, message by message.

        Args:
            shape: (messages,) code of each one's shape; none of them is read again.
            numbers: Of the values that were taken out of them, message by message.
        """
        count, taken = self.places.take(shape), self.wildcards.take(shape)
        source = np.repeat(self._source.take(shape) - (np.cumsum(count) - count), count)
        source += np.arange(len(source))
        first = np.repeat(np.cumsum(taken) - taken, count) + self._first.take(source)
        value = np.empty(len(source), dtype=np.int32)
        alone = self._alone.take(source)
        value[alone] = numbers.take(first[alone])
        if not alone.all():
            texts = self._joined(source[~alone], first[~alone], numbers)
            value[~alone] = self._vocabulary.of(texts)
        return value

    def messages(self, shape: NDArray[np.int32], numbers: NDArray[np.int32]) -> pl.Series:
        """(messages,) String: put together.

        Args:
            shape: (messages,) code of each one's shape, of those that are read again.
            numbers: Of the values that were taken out of them, message by message.
        """
        taken = self.wildcards.take(shape)
        return self._joined(self._source.take(shape), np.cumsum(taken) - taken, numbers)

    def _joined(
        self, source: NDArray[np.int64], first: NDArray[np.int64], numbers: NDArray[np.int32]
    ) -> pl.Series:
        """(texts,) String: of each the words, and the texts of numbers from the first one on."""
        import pyarrow as pa

        parts = 2 * self._count.take(source) + 1
        start = np.cumsum(parts) - parts
        nth = np.arange(parts.sum()) - np.repeat(start, parts)
        part = np.repeat(self._words.take(source), parts) + nth // 2
        is_number = nth % 2 == 1
        number = (np.repeat(first, parts) + nth // 2)[is_number]
        part[is_number] = numbers.take(number) + self._number_of_words
        octets, starts = buffers_of(self._texts.gather(part))
        ends = pa.py_buffer(np.append(starts[start], starts[-1:]))
        return series_of(
            pa.Array.from_buffers(pa.large_string(), len(source), [None, ends, octets])
        )


def values_of_rows(rows: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which values are those of some rows, row by row.

    Args:
        rows: Those that are asked for.
        count: (all rows,) how many values each has.
    """
    asked = count[rows]
    first = (np.cumsum(count) - count)[rows]
    return np.arange(asked.sum()) + np.repeat(first - (np.cumsum(asked) - asked), asked)


def _sources(shape: MaskedShape, constants: Sequence[str]) -> list[_Source] | None:
    """The sources of the values around which a template has these constants; None: they are read."""
    if len(constants) == 1:
        return []
    text, wildcards = shape.text, shape.cut.places
    cut = _cut(text, constants, shape.longest)
    if cut is None:
        text, wildcards = _with_single_spaces(shape)
        cut = _cut(text, constants, shape.longest)
        most = longest(constants, words=False)
        if cut is None or (most is not None and most < shape.longest):
            return None
    octets = text.encode()
    sources = []
    for begin, end in cut.places:
        inside = [
            (nth, place)
            for nth, place in enumerate(wildcards)
            if place[0] < end and begin < place[1]
        ]
        edges = [begin, *(at for _, place in inside for at in place), end]
        if edges != sorted(edges):
            return None
        words = [
            octets[start:stop].decode() for start, stop in zip(edges[::2], edges[1::2], strict=True)
        ]
        if text != shape.text and any(" " in word for word in words):
            return None  # there may be more than one space in the message
        sources.append(_Source(tuple(words), inside[0][0] if inside else 0))
    return sources


def _cut(text: str, constants: Sequence[str], longest: int) -> ShapeCut | None:
    """How messages of so many bytes at most are cut; None where patterns may read other values."""
    cut = ShapeCut.of(text, constants)
    return None if cut is None or cut.longest < longest else cut


def _with_single_spaces(shape: MaskedShape) -> tuple[str, list[tuple[int, int]]]:
    """A shape as templates have it, which are joined words, and where its wildcards are then."""
    if _MARK in shape.text:
        return shape.text, shape.cut.places
    octets, edges = shape.text.encode(), [at for place in shape.cut.places for at in place]
    parts = [octets[start:stop].decode() for start, stop in pairwise([0, *edges, len(octets)])]
    first, *others = " ".join(_MARK.join(parts).split()).split(_MARK)
    text, places = first, []
    for part in others:
        places.append(len(text.encode()))
        text += part
    return text, list(zip(places[::2], places[1::2], strict=True))
