"""Values of messages that are cut where their shape says (`shape_cuts`), those of all templates at once.

Nothing is searched in messages but their borders. The texts between are numbered block by block, and
only distinct ones of a block enter the vocabulary, which is large: most values are in a block again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.shape_cuts import ShapeCuts, borders_in

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["NumberedValues", "flat", "values_of_shapes"]

_BYTES_AT_ONCE: Final = 1 << 23
"""Messages of so many bytes are cut at once: their borders may take eight times that."""


class NumberedValues(NamedTuple):
    """Values as numbers of a vocabulary.

    Attributes:
        number: (values,) int64 of each, message by message and place by place; -1 where the message
            does not fit the text.
        appearing: Every number in `number`, in the order in which they first appear; some repeat.
    """

    number: NDArray[np.int64]
    appearing: NDArray[np.int64]


def flat(messages: pl.Series) -> pa.LargeStringArray:
    """Messages as one text and where each begins in it."""
    import polars as pl

    return messages.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


def values_of_shapes(
    messages: Sequence[pa.LargeStringArray],
    shape: NDArray[np.integer],
    template: NDArray[np.int32],
    constants: Sequence[Sequence[str]],
    cuts: ShapeCuts,
    forms: TextForms,
) -> NumberedValues:
    """What messages have at the places of their templates; see `values_of_places`.

    Args:
        messages: Some, and those behind them, and so on.
        shape: (all messages,) code of each one's shape.
        template: (all messages,) code of each one's template.
        constants: Of each template, as `Wildcards.constants` gives them.
        cuts: Of the shapes.
        forms: Takes the values.
    """
    import polars as pl

    pieces = list(_pieces(messages))
    length = np.concatenate([np.diff(_offsets(piece)) for piece in pieces])
    known = length <= cuts.longest[shape]
    row, size = 0, 0
    codes, distinct, others = [], [], []
    for piece in pieces:
        rows = slice(row, row + len(piece))
        row = rows.stop
        if piece.nbytes > 2*_BYTES_AT_ONCE or (cuts.borders[shape[rows]] < 0).any():
            known[rows] = False
        found = _cut(piece, shape[rows], known[rows], cuts)
        if found is not None:
            encoded = found.dictionary_encode()
            codes.append(np.frombuffer(encoded.indices.buffers()[1], dtype=np.int32, count=len(found)) + size)
            distinct.append(forms.numbers(pl.Series(encoded.dictionary)))
            size += len(distinct[-1])
        left = np.flatnonzero(~known[rows] & (cuts.places[shape[rows]] > 0))
        others.append(pl.Series(piece.take(_indices(left)), dtype=pl.String))
    nothing = np.empty(0, dtype=np.int64)
    code, appearing = np.concatenate([nothing, *codes]), np.concatenate([nothing, *distinct])
    number = appearing[code]
    if not any(map(len, others)):
        return NumberedValues(number, appearing)
    left = ~known & (cuts.places[shape] > 0)
    searched = values_of_places(pl.concat(others), template[left], constants, forms)
    of_known = np.repeat(known, cuts.places[shape])
    first = np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))
    at = np.searchsorted(np.flatnonzero(of_known)[first], np.flatnonzero(~of_known))
    every = np.empty(len(of_known), dtype=np.int64)
    every[of_known], every[~of_known] = number, searched
    return NumberedValues(every, np.insert(appearing, at, searched))


def _offsets(messages: pa.LargeStringArray) -> NDArray[np.int64]:
    """Where each message begins in the text, and where the last one ends."""
    every = np.frombuffer(messages.buffers()[1], dtype=np.int64)
    return every[messages.offset : messages.offset + len(messages) + 1]


def _pieces(messages: Sequence[pa.LargeStringArray]) -> Iterator[pa.LargeStringArray]:
    for block in messages:
        ends = np.flatnonzero(np.diff(_offsets(block)[1:] // _BYTES_AT_ONCE, append=-1)) + 1
        for start, end in pairwise([0, *ends.tolist()]):
            yield block.slice(start, end - start)


def _indices(numbers: NDArray[np.int64]) -> pa.Int64Array:
    import pyarrow as pa

    # `pa.array` imports pandas.
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def _cut(
    messages: pa.LargeStringArray,
    shape: NDArray[np.integer],
    known: NDArray[np.bool_],
    cuts: ShapeCuts,
) -> pa.LargeStringArray | None:
    """The values of messages that can be cut, message by message; None where there is none."""
    import pyarrow as pa

    count = np.where(known, cuts.places[shape], 0)
    value = np.cumsum(count) - count
    values = int(count.sum())
    if not values:
        return None
    offsets = _offsets(messages)
    octets = messages.buffers()[2]
    text = np.frombuffer(octets, dtype=np.uint8)[offsets[0] : offsets[-1]]
    inner = borders_in(text) + offsets[0]
    borders = cuts.borders[shape]
    before = np.cumsum(borders) - borders
    border = np.empty(int(borders.sum()) + 1, dtype=np.int64)
    is_inner = np.ones(len(border), dtype=bool)
    is_inner[before] = False
    is_inner[-1] = False
    border[is_inner] = inner
    border[before] = offsets[:-1] - 1
    border[-1] = offsets[-1] - 1
    first_border = np.repeat(before, count)
    edge = np.arange(values) + np.repeat(cuts.first[shape] - value, count)
    # A text for each value, and one for what stands between it and the next.
    places = np.empty(2 * values, dtype=np.int64)
    for side, (nth, distance) in enumerate((cuts.begin, cuts.end)):
        places[side::2] = border[first_border + nth[edge]] + distance[edge]
    every = pa.Array.from_buffers(
        pa.large_string(), 2 * values - 1, [None, pa.py_buffer(places), octets]
    )
    return every.take(_indices(np.arange(0, 2 * values, 2)))
