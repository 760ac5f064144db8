"""Values of messages that are cut where their shape says (`shape_cuts`), those of all templates at once.

Nothing is searched in messages but their borders. The text of a value is not looked at before it becomes
a number of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import series_of
from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.shape_cuts import LONGEST_CUT, ShapeCuts, borders_in

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["values_of_shapes"]

_BYTES_AT_ONCE: Final = 1 << 22
"""What is made of so much text fits the cache of a core; its borders may take eight times that."""

_BYTES_PER_ROW: Final = 32
"""Besides its text: so much do the values of a short message take."""


def values_of_shapes(
    messages: pl.Series,
    shape: NDArray[np.integer],
    template: NDArray[np.int32],
    constants: Sequence[Sequence[str]],
    cuts: ShapeCuts,
    forms: TextForms,
) -> NDArray[np.int32]:
    """What `values_of_places` gives of the same messages, which have been given shapes.

    Args:
        messages: (messages,) String, without nulls.
        shape: (messages,) code of each one's shape.
        template: (messages,) code of each one's template.
        constants: Of each template, as `Wildcards.constants` gives them.
        cuts: Of the shapes.
        forms: Takes the values.
    """
    size = messages.str.len_bytes().to_numpy()
    known = size <= cuts.longest.take(shape)
    count = cuts.places.take(shape)
    end = np.cumsum(count)
    number, last = np.empty(int(end[-1]) if len(end) else 0, dtype=np.int32), 0
    for rows in _at_once(size):
        first, last = last, int(end[rows.stop - 1])
        if size[rows].max() > LONGEST_CUT:
            known[rows] = False
        elif known[rows].any():
            texts = _cut(messages[rows], shape[rows], cuts)
            number[first:last] = forms.numbers(texts)
    others = np.flatnonzero(~known & (count > 0))
    if len(others):
        places = count[others]
        value = np.arange(places.sum()) + np.repeat(end[others] - np.cumsum(places), places)
        searched = messages.gather(others)
        number[value] = values_of_places(searched, template[others], constants, forms)
    return number


def _at_once(size: NDArray[np.uint32]) -> Iterator[slice]:
    """Messages of so many bytes each, some at a time."""
    total = np.cumsum(size + np.uint32(_BYTES_PER_ROW), dtype=np.int64)
    ends = np.flatnonzero(np.diff(total // _BYTES_AT_ONCE, append=-1)) + 1
    return (slice(start, end) for start, end in pairwise([0, *ends.tolist()]))


def _cut(messages: pl.Series, shape: NDArray[np.integer], cuts: ShapeCuts) -> pl.Series:
    """The values of messages, message by message; empty ones of those that are not to be cut."""
    import pyarrow as pa

    octets, starts = _joined(messages)
    border = borders_in(np.frombuffer(octets, dtype=np.uint8), starts[1:])
    borders, count = cuts.borders.take(shape), cuts.places.take(shape)
    uncounted = np.flatnonzero(borders == 0)
    if len(uncounted):
        before = np.searchsorted(border, starts[uncounted])
        borders[uncounted] = np.searchsorted(border, starts[uncounted + 1]) - before
    first_border = np.repeat(np.cumsum(borders) - borders, count)
    value = np.repeat(cuts.first.take(shape) - (np.cumsum(count) - count), count)
    value += np.arange(len(value))
    # A text for each value, and one for what stands between it and the next.
    edges = np.empty(2 * len(value), dtype=np.int64)
    for side, (nth, distance) in enumerate((cuts.begin, cuts.end)):
        at = nth.take(value) + first_border
        edges[side::2] = border.take(at) + distance.take(value)
    texts = [None, pa.py_buffer(edges), octets]
    every = pa.Array.from_buffers(pa.large_string(), max(2 * len(value) - 1, 0), texts)
    return series_of(every).gather_every(2)


def _joined(messages: pl.Series) -> tuple[pa.Buffer, NDArray[np.int64]]:
    """Messages behind a newline, one after the other; where each begins, and where the last one ends."""
    import polars as pl

    array = pl.concat([pl.Series(["\n"]), messages]).to_arrow(compat_level=pl.CompatLevel.oldest())
    _, starts, octets = array.buffers()
    return octets, np.frombuffer(starts, np.int64, len(messages) + 1, 8 * (array.offset + 1))
