"""Writes the parameters of a data set while it is built.

Blocks come with their messages taken apart, as numbers. Messages that could not be wait until templates
are known: in memory up to 256 MiB, and what is more in files beside the columns. These, and the columns
of what was taken apart, are removed when all values have been found. Besides that, all distinct values
are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import NO_VALUE, write_parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.reading.in_order import in_order
from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.masked_values import MaskedValues, TakenApart
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.value_sources import ValueSources, values_of_rows
from anomalog_exp.data.templates.wildcards import Wildcards

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParameterWriter"]

_ROWS_AT_ONCE: Final = 1 << 18
_BYTES_AT_ONCE: Final = 1 << 28
_BYTES_PER_ROW: Final = 256
"""A message counts as so many at least: what is made of it takes as much, however short it is."""


class ParameterWriter:
    """What messages are made of until their parameters are written."""

    def __init__(
        self, directory: Path, values: MaskedValues, bytes_at_once: int = _BYTES_AT_ONCE
    ) -> None:
        """Args:
        directory: Of the data set.
        values: What takes its messages apart.
        bytes_at_once: So many bytes of messages that wait are held in memory.
        """
        self._directory = directory
        self._values = values
        self._most = bytes_at_once
        self._waits = GrowingColumn(directory / "waits.npy", np.bool_)
        self._taken = GrowingColumn(directory / "taken.npy", np.int32)
        self._files: list[Path] = []
        self._held: list[pl.Series] = []
        self._bytes = 0

    def add(self, parts: TakenApart) -> None:
        """Keep the messages of the next block."""
        self._waits.append(parts.waits)
        self._taken.append(parts.numbers)
        if len(parts.messages):
            self._hold(parts.messages)

    def _hold(self, messages: pl.Series) -> None:
        size = max(int(messages.str.len_bytes().sum()), _BYTES_PER_ROW * len(messages))
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
        number_of_shape: NDArray[np.integer],
        template_of_shape: NDArray[np.int32],
    ) -> dict[str, Any]:
        """Write the parameters; all messages are added, and the column of shapes is there.

        Args:
            texts: Of the templates, in the order of their codes.
            config: What gave them.
            number_of_shape: (shapes,) of each in the category by which messages were taken apart.
            template_of_shape: (shapes,) code of the template of each.

        Returns:
            What the manifest says of them.
        """
        import polars as pl

        shape, waits, taken = (
            np.load(self._directory / f"{name}.npy", mmap_mode="r")
            for name in ("shape", "waits", "taken")
        )
        wildcards = Wildcards(config)
        constants = [wildcards.constants(text) for text in texts]
        masked = self._values.shapes
        sources = ValueSources(
            {
                code: masked[number]
                for code, number in enumerate(number_of_shape.tolist())
                if number in masked
            },
            [constants[code] for code in template_of_shape],
            self._values.vocabulary,
        )
        forms = TextForms(self._values.vocabulary)
        placing = _Placing(sources, template_of_shape, constants, forms)
        places = wildcards.counts(texts)
        events = np.zeros(len(places), dtype=np.int64)
        np.add.at(events, template_of_shape, self._values.rows[number_of_shape])
        kinds = PlaceKinds(events, places)
        codes, row, misfits = FirstAppearance(), 0, 0
        threads = pl.thread_pool_size()
        parts = self._parts(shape, waits, taken, sources.wildcards)
        with (
            ThreadPoolExecutor(threads) as pool,
            GrowingColumn(self._directory / "parameter.npy", np.int32) as column,
        ):
            for here, number in in_order(pool, placing.numbers, parts, threads):
                misfits += int(np.count_nonzero(number == NO_VALUE))
                code = codes.add(number)
                column.append(code)
                kinds.add(row, here, code)
                row += len(here)
        values = self._values.vocabulary.texts(codes.numbers())
        write_parameters(self._directory, places, kinds.kinds(values), values)
        self._remove()
        return {"values": column.rows, "distinct": codes.size, "misfits": misfits}

    def _parts(
        self,
        shape: NDArray[np.int32],
        waits: NDArray[np.bool_],
        taken: NDArray[np.int32],
        wildcards: NDArray[np.int64],
    ) -> Iterator[_Part]:
        """The messages in their order, some at a time; those that waited are held no longer."""
        import polars as pl

        waiting, some, value = self._messages(), pl.Series(dtype=pl.String), 0
        for start in range(0, len(shape), _ROWS_AT_ONCE):
            here = slice(start, start + _ROWS_AT_ONCE)
            shape_here, waits_here = np.asarray(shape[here]), np.asarray(waits[here])
            end = value + int(wildcards.take(shape_here[~waits_here]).sum())
            number = int(np.count_nonzero(waits_here))
            while len(some) < number:
                some = pl.concat([some, next(waiting)])
            yield _Part(shape_here, waits_here, np.asarray(taken[value:end]), some[:number])
            some, value = some[number:], end

    def _messages(self) -> Iterator[pl.Series]:
        """All messages that wait in their order, some at a time."""
        import polars as pl

        if self._files and self._held:
            self._put_aside()  # what is read again is held once
        for path in self._files:
            for part in pl.read_ipc(path).iter_slices(_ROWS_AT_ONCE):
                yield part["message"]
        self._held.reverse()
        while self._held:
            yield self._held.pop()

    def _remove(self) -> None:
        for path in self._files:
            path.unlink()
        if self._files:
            self._files[0].parent.rmdir()
        for name in ("waits", "taken"):
            (self._directory / f"{name}.npy").unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waits.close()
        self._taken.close()


class _Part(NamedTuple):
    """Some messages: the code of the shape of each, and what they were taken apart into."""

    shape: NDArray[np.int32]
    waits: NDArray[np.bool_]
    taken: NDArray[np.int32]
    messages: pl.Series


@dataclass(frozen=True)
class _Placing:
    """How messages get the values at the places of their templates."""

    sources: ValueSources
    template_of_shape: NDArray[np.int32]
    constants: Sequence[Sequence[str]]
    forms: TextForms

    def numbers(self, part: _Part) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(messages,) their templates, and (values,) the numbers of the values, message by message."""
        import polars as pl

        shape, waits, taken = part.shape, part.waits, part.taken
        template = self.template_of_shape.take(shape)
        same = self.sources.same.take(shape) & ~waits
        if same.all():
            return template, taken
        count = self.sources.places.take(shape)
        count_taken = np.where(waits, 0, self.sources.wildcards.take(shape))
        number = np.empty(int(count.sum()), dtype=np.int32)
        number[np.repeat(same, count)] = taken[np.repeat(same, count_taken)]
        again = self.sources.again.take(shape) & ~waits
        placed, read = np.flatnonzero(~(same | waits | again)), np.flatnonzero(again)
        number[values_of_rows(placed, count)] = self.sources.values(
            shape[placed], taken[values_of_rows(placed, count_taken)]
        )
        put_together = self.sources.messages(shape[read], taken[values_of_rows(read, count_taken)])
        messages = pl.concat([part.messages, put_together])
        read = np.append(np.flatnonzero(waits), read)
        number[values_of_rows(read, count)] = values_of_places(
            messages, template[read], self.constants, self.forms
        )
        return template, number
