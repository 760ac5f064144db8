"""Some lines of a log of any size: the begin of each input, and stretches through it.

Stretches are contiguous, so that records of several lines and what ties lines together can be seen.
Reading them costs the same for 30 GB as for 30 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from anomalog_exp.data.reading.blocks import Block, block_lines
from anomalog_exp.data.sources.base import Input

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Sample", "sampled"]

_BYTES: Final = 8 << 20
"""Of all inputs together."""

_FEWEST_BYTES: Final = 1 << 14
"""Of one input, however many there are."""

_STRETCHES: Final = 8
_GLANCE: Final = 4000
_GLANCES: Final = 4
_FEWEST_OF_INPUT: Final = 100
_MOST_INPUTS: Final = 64
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Sample:
    """Lines of a log, in its order.

    Attributes:
        inputs: Of each input that was looked at, (lines,) String.
        bytes: How many bytes they have, newlines included.
        whole: They are all lines of the log.
        total_bytes: Of the log, as text.
    """

    inputs: tuple[pl.Series, ...]
    bytes: int
    whole: bool
    total_bytes: int

    @cached_property
    def lines(self) -> pl.Series:
        """(lines,) String, those of all inputs."""
        import polars as pl

        return pl.concat([pl.Series("line", [], dtype=pl.String), *self.inputs])

    def without(self, prefix: str) -> Sample:
        """The lines without what a pattern fits at their begin."""
        return replace(self, inputs=tuple(one.str.replace(f"^{prefix}", "") for one in self.inputs))

    @property
    def total_lines(self) -> int:
        """Lines of the log: counted where the sample is the whole of it, else estimated."""
        if self.whole or not self.bytes:
            return len(self.lines)
        return round(len(self.lines) * self.total_bytes / self.bytes)

    @cached_property
    def glance(self) -> pl.Series:
        """A few thousand of the lines, for what is tried many times: the begin, and later stretches."""
        return _glance(self.lines, _GLANCE)

    @cached_property
    def glances(self) -> tuple[pl.Series, ...]:
        """About as many lines, but some of each input; of very many inputs those of some."""
        chosen = self.inputs
        if len(chosen) > _MOST_INPUTS:
            # Every n-th file may be one of the same service.
            places = np.random.default_rng(0).choice(len(chosen), _MOST_INPUTS, replace=False)
            chosen = tuple(chosen[place] for place in sorted(places))
        most = max(_FEWEST_OF_INPUT, _GLANCE // len(chosen))
        return tuple(_glance(lines, most) for lines in chosen)


def _glance(lines: pl.Series, most: int) -> pl.Series:
    import polars as pl

    if len(lines) <= most:
        return lines
    size = most // _GLANCES
    step = (len(lines) - size) // (_GLANCES - 1)
    return pl.concat([lines.slice(place * step, size) for place in range(_GLANCES)])


def sampled(inputs: Sequence[Input], size: int = _BYTES) -> Sample:
    """A sample of at most about `size` bytes, all of it where the log is no larger.

    Args:
        inputs: Files of text, in the order in which they are read.
        size: Bytes of the sample.
    """
    import polars as pl

    share = max(_FEWEST_BYTES, size // len(inputs))
    most = size // _FEWEST_BYTES
    # Of thousands of files some are enough: their names, spread over all, stand for the others.
    chosen = (
        inputs if len(inputs) <= most else [inputs[i * len(inputs) // most] for i in range(most)]
    )
    pieces = [[piece for piece in _pieces(one.path, share) if piece] for one in chosen]
    total = sum(one.path.stat().st_size for one in inputs)
    return Sample(
        tuple(pl.concat([block_lines(piece)[0] for piece in some]) for some in pieces if some),
        sum(len(piece) for some in pieces for piece in some),
        whole=len(chosen) == len(inputs) and all(_fits(one.path, share) for one in inputs),
        total_bytes=total,
    )


def _fits(path: Path, share: int) -> bool:
    return path.stat().st_size <= share


def _pieces(path: Path, share: int) -> list[bytes]:
    """Whole lines: all of a file, or its begin and stretches through the rest."""
    size = path.stat().st_size
    if size <= share:
        return [Block(path, 0, size).data.removeprefix(_BOM)]
    stretch = share // _STRETCHES
    pieces = []
    for number in range(_STRETCHES):
        place = number * (size - stretch) // (_STRETCHES - 1)
        piece = Block(path, place, stretch).data
        # Of a first line that is longer than a stretch, the begin stands for it.
        begin, end = (piece.find(b"\n") if number else -1) + 1, piece.rfind(b"\n") + 1
        pieces.append(piece[begin : end or (0 if number else stretch)].removeprefix(_BOM))
    return pieces
