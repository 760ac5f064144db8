"""Writes the parameters of a data set while it is built.

Templates are known when all messages have come, so messages wait: in memory up to about 256 MiB
of the log, and what is more in files beside the columns, which are removed when their values have been
found. Besides that, all distinct values are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import NO_VALUE, write_parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.reading.in_order import in_order
from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinning import masker_of
from anomalog_exp.data.templates.shape_cuts import ShapeCuts
from anomalog_exp.data.templates.shape_values import values_of_shapes
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.text_numbers import TextNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParameterWriter"]

_ROWS_AT_ONCE: Final = 1 << 18
_BYTES_AT_ONCE: Final = 1 << 28
_BYTES_PER_ROW: Final = 256
"""A message counts as so many at least: what is made of it takes as much, however short it is."""


_FEWEST_TO_CUT: Final = 8
"""To look at a shape takes as long as reading so many messages without it."""


class _Part(NamedTuple):
    """Some messages, and the code of the shape of each."""

    messages: pl.Series
    shape: NDArray[np.int32]


class ParameterWriter:
    """The messages of a data set until their parameters are written."""

    def __init__(self, directory: Path, bytes_at_once: int = _BYTES_AT_ONCE) -> None:
        """Args:
        directory: Of the data set.
        bytes_at_once: So many bytes of the log are held in memory.
        """
        self._directory = directory
        self._most = bytes_at_once
        self._files: list[Path] = []
        self._held: list[pl.Series] = []
        self._bytes = 0

    def add(self, messages: pl.Series, size: int) -> None:
        """Keep the messages of the next block, which has so many bytes."""
        size = max(size, _BYTES_PER_ROW * len(messages))
        if self._held and self._bytes + size > self._most:
            self._put_aside()
        self._held.append(messages)
        self._bytes += size

    def _put_aside(self) -> None:
        import polars as pl

        waiting = self._directory / "messages"
        waiting.mkdir(exist_ok=True)
        self._files.append(waiting / f"{len(self._files)}.arrow")
        pl.concat(self._held).alias("message").to_frame().write_ipc(self._files[-1])
        self._held, self._bytes = [], 0

    def write(
        self,
        texts: Sequence[str],
        config: TemplateMinerConfig,
        shapes: Sequence[str],
        template_of_shape: NDArray[np.int32],
    ) -> dict[str, Any]:
        """Write the parameters; all messages are added, and the column of shapes is there.

        Args:
            texts: Of the templates, in the order of their codes.
            config: What gave them.
            shapes: In the order of their codes.
            template_of_shape: (shapes,) code of the template of each.

        Returns:
            What the manifest says of them.
        """
        import polars as pl

        shape = np.load(self._directory / "shape.npy", mmap_mode="r")
        rows = np.bincount(shape, minlength=len(shapes))
        wildcards = Wildcards(config)
        constants = [wildcards.constants(text) for text in texts]
        cuts = ShapeCuts.of(
            _to_cut(shapes, rows, config), [constants[code] for code in template_of_shape]
        )
        places = wildcards.counts(texts)
        events = np.zeros(len(places), dtype=np.int64)
        np.add.at(events, template_of_shape, rows)
        kinds = PlaceKinds(events, places)
        codes, row, misfits = FirstAppearance(), 0, 0
        forms = TextForms(TextNumbers())

        def numbered(part: _Part) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
            here = template_of_shape[part.shape]
            return here, values_of_shapes(part.messages, part.shape, here, constants, cuts, forms)

        threads = pl.thread_pool_size()
        with (
            ThreadPoolExecutor(threads) as pool,
            GrowingColumn(self._directory / "parameter.npy", np.int32) as column,
        ):
            for here, number in in_order(pool, numbered, self._parts(shape), threads):
                misfits += int(np.count_nonzero(number == NO_VALUE))
                code = codes.add(number)
                column.append(code)
                kinds.add(row, here, code)
                row += len(here)
        values = forms.texts(codes.numbers())
        write_parameters(self._directory, places, kinds.kinds(values), values)
        if self._files:
            self._files[0].parent.rmdir()
        return {"values": column.rows, "distinct": codes.size, "misfits": misfits}

    def _parts(self, shape: NDArray[np.int32]) -> Iterator[_Part]:
        """The messages in their order with their shapes, some at a time; they are held no longer."""
        import polars as pl

        row, some = 0, list[pl.Series]()
        for messages in self._messages():
            some.append(messages)
            size = sum(map(len, some))
            if size >= _ROWS_AT_ONCE:
                yield _Part(pl.concat(some), np.asarray(shape[row : row + size]))
                row, some = row + size, []
        if some:
            yield _Part(pl.concat(some), np.asarray(shape[row:]))

    def _messages(self) -> Iterator[pl.Series]:
        """All messages in their order, some at a time."""
        import polars as pl

        if self._files and self._held:
            self._put_aside()  # what is read again is held once
        for path in self._files:
            for part in pl.read_ipc(path).iter_slices(_ROWS_AT_ONCE):
                yield part["message"]
            path.unlink()
        self._held.reverse()
        while self._held:
            yield self._held.pop()


def _to_cut(
    shapes: Sequence[str], rows: NDArray[np.int64], config: TemplateMinerConfig
) -> list[str | None]:
    """What messages of each shape look like but for their numbers; None where there are few of them."""
    masker = masker_of(config)
    return [
        masker.numbers_alone(parted(shape, config.with_fields)[0])
        if count >= _FEWEST_TO_CUT
        else None
        for shape, count in zip(shapes, rows.tolist(), strict=True)
    ]
