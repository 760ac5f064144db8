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

from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.shape_cuts import ShapeCuts, borders_in

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["values_of_shapes"]

_BYTES_AT_ONCE: Final = 1 << 22
"""What is made of so much text fits the cache of a core; its borders may take eight times that."""

_BYTES_PER_ROW: Final = 32
"""Besides its text: so much do the values of a short message take."""

_LONGEST_INSIDE_VIEW: Final = 12
"""Arrow keeps a text of so many bytes in the view of it; a longer one is in a buffer."""


def values_of_shapes(
    messages: pl.Series,
    shape: NDArray[np.integer],
    template: NDArray[np.int32],
    constants: Sequence[Sequence[str]],
    cuts: ShapeCuts,
    forms: TextForms,
) -> NDArray[np.int64]:
    """What `values_of_places` gives of the same messages, which have been given shapes.

    Args:
        messages: (messages,) String, without nulls.
        shape: (messages,) code of each one's shape.
        template: (messages,) code of each one's template.
        constants: Of each template, as `Wildcards.constants` gives them.
        cuts: Of the shapes.
        forms: Takes the values.
    """
    known = messages.str.len_bytes().to_numpy() <= cuts.longest[shape]
    if known.all():
        return _numbers(messages, shape, cuts, forms)
    count = cuts.places[shape]
    number = np.empty(int(count.sum()), dtype=np.int64)
    of_known, others = np.repeat(known, count), ~known & (count > 0)
    number[of_known] = _numbers(messages.filter(known), shape[known], cuts, forms)
    searched = messages.filter(others)
    number[~of_known] = values_of_places(searched, template[others], constants, forms)
    return number


def _numbers(
    messages: pl.Series, shape: NDArray[np.integer], cuts: ShapeCuts, forms: TextForms
) -> NDArray[np.int64]:
    """The numbers of the values of messages that can be cut."""
    end = np.cumsum(cuts.places[shape])
    number, last = np.empty(int(end[-1]) if len(end) else 0, dtype=np.int64), 0
    for rows in _at_once(messages):
        first, last = last, int(end[rows.stop - 1])
        number[first:last] = forms.numbers(_cut(messages[rows], shape[rows], cuts))
    return number


def _at_once(messages: pl.Series) -> Iterator[slice]:
    size = messages.str.len_bytes().to_numpy().astype(np.int64) + _BYTES_PER_ROW
    ends = np.flatnonzero(np.diff(np.cumsum(size) // _BYTES_AT_ONCE, append=-1)) + 1
    return (slice(start, end) for start, end in pairwise([0, *ends.tolist()]))


def _cut(messages: pl.Series, shape: NDArray[np.integer], cuts: ShapeCuts) -> pl.Series:
    """The values of messages, message by message."""
    import polars as pl
    import pyarrow as pa

    octets = _joined(messages)
    border = borders_in(np.frombuffer(octets, dtype=np.uint8))
    borders, count = cuts.borders[shape], cuts.places[shape]
    first_border = np.repeat(np.cumsum(borders) - borders, count)
    first_value = np.cumsum(count) - count
    value = np.arange(len(first_border)) + np.repeat(cuts.first[shape] - first_value, count)
    # A text for each value, and one for what stands between it and the next.
    edges = np.empty(2 * len(value), dtype=np.int64)
    for side, (nth, distance) in enumerate((cuts.begin, cuts.end)):
        edges[side::2] = border[first_border + nth[value]] + distance[value]
    texts = [None, pa.py_buffer(edges), octets]
    every = pa.Array.from_buffers(pa.large_string(), 2 * len(value) - 1, texts)
    return pl.Series(_OfAnybody(every)).gather_every(2)


class _OfAnybody:
    """An array that polars does not know as pyarrow's: for one it imports all functions of pyarrow."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return capsules


def _joined(messages: pl.Series) -> pa.Buffer:
    """Messages with a newline before each and behind the last, which are borders, too."""
    import polars as pl

    ends = pl.Series([""]), pl.Series([" " * _LONGEST_INSIDE_VIEW])
    text = pl.concat([ends[0], messages, ends[1]]).str.join("\n")
    _, views, *buffers = text.to_arrow(compat_level=pl.CompatLevel.newest()).buffers()
    length, _, buffer, offset = np.frombuffer(views, dtype=np.uint32, count=4).tolist()
    return buffers[buffer].slice(offset, length)
