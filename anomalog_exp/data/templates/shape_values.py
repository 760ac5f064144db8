"""Values of messages that are cut where their shape says (`shape_cuts`), those of all templates at once.

Nothing is searched in messages but their borders. The text of a value is not looked at before it becomes
a number of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import buffers_of, series_of
from anomalog_exp.data.templates.shape_cuts import ShapeCuts, borders_in
from anomalog_exp.data.text_numbers import TextNumbers

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["cut_numbers"]

_BYTES_AT_ONCE: Final = 1 << 21
"""What is made of so much text fits the cache of a core; its borders may take eight times that."""

_BYTES_PER_ROW: Final = 32
"""Besides its text: so much do the values of a short message take."""


def cut_numbers(
    messages: pl.Series,
    shape: NDArray[np.integer],
    cuts: ShapeCuts,
    vocabulary: TextNumbers,
) -> NDArray[np.int32]:
    """(values,) the numbers of what messages have where their shapes are cut, message by message.

    Args:
        messages: (messages,) String; none of them is longer than the cut of its shape allows.
        shape: (messages,) code of each one's shape.
        cuts: Of the shapes.
        vocabulary: Takes the values.
    """
    import polars as pl

    there = cuts.places.take(shape) > 0
    if not there.all():
        messages, shape = messages.filter(there), shape[there]
    some = _at_once(messages.str.len_bytes().to_numpy())
    texts = [_cut(messages[rows], shape[rows], cuts) for rows in some]
    return vocabulary.of(pl.concat([pl.Series(dtype=pl.String), *texts]))


def _at_once(size: NDArray[np.uint32]) -> Iterator[slice]:
    """Messages of so many bytes each, some at a time."""
    total = np.cumsum(size + np.uint32(_BYTES_PER_ROW), dtype=np.int64)
    ends = np.flatnonzero(np.diff(total // _BYTES_AT_ONCE, append=-1)) + 1
    return (slice(start, end) for start, end in pairwise([0, *ends.tolist()]))


def _cut(messages: pl.Series, shape: NDArray[np.integer], cuts: ShapeCuts) -> pl.Series:
    """The values of messages, message by message."""
    import pyarrow as pa

    octets, starts = _joined(messages)
    border = borders_in(np.frombuffer(octets, dtype=np.uint8), starts[1:])
    borders, count = cuts.borders.take(shape), cuts.places.take(shape)
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

    octets, starts = buffers_of(pl.concat([pl.Series(["\n"]), messages]))
    return octets, starts[1:]
