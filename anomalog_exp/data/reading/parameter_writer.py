"""Writes the parameters of a data set while it is built.

Templates are known when all messages have come, so messages wait: in memory up to about 128 MiB
of the log, and what is more in files beside the columns, which are removed when their values have been
found. Besides that, all distinct values are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from anomalog_exp.data.parameters import NO_VALUE, write_parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.wildcards import Wildcards

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParameterWriter"]

_BYTES_AT_ONCE: Final = 1 << 27
_BYTES_PER_ROW: Final = 128
"""A message counts as so many at least: what is made of it takes as much, however short it is."""


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
        waiting = self._directory / "messages"
        waiting.mkdir(exist_ok=True)
        self._files.append(waiting / f"{len(self._files)}.arrow")
        self._all_held().alias("message").to_frame().write_ipc(self._files[-1])

    def _all_held(self) -> pl.Series:
        """The messages that are held, which are not any longer."""
        import polars as pl

        held = pl.concat(self._held)
        self._held, self._bytes = [], 0
        return held

    def write(self, texts: Sequence[str], config: TemplateMinerConfig) -> dict[str, Any]:
        """Write the parameters; all messages are added, and the column of templates is there.

        Args:
            texts: Of the templates, in the order of their codes.
            config: What gave them.

        Returns:
            What the manifest says of them.
        """
        import polars as pl

        template = np.load(self._directory / "template.npy", mmap_mode="r")
        wildcards = Wildcards(config)
        constants = [wildcards.constants(text) for text in texts]
        category = pl.Categorical(pl.Categories.random())
        alive = pl.Series([""]).cast(category)
        places = wildcards.counts(texts)
        kinds = PlaceKinds(np.bincount(template, minlength=len(places)), places)
        codes, row, misfits = FirstAppearance(), 0, 0
        with GrowingColumn(self._directory / "parameter.npy", np.int32) as column:
            for messages in self._messages():
                here = np.asarray(template[row : row + len(messages)])
                number = values_of_places(messages, here, constants, category)
                misfits += int(np.count_nonzero(number == NO_VALUE))
                code = codes.add(number)
                column.append(code)
                kinds.add(row, here, code)
                row += len(messages)
        values = codes.texts(category)
        write_parameters(self._directory, places, kinds.kinds(values), values)
        del alive
        if self._files:
            self._files[0].parent.rmdir()
        return {"values": column.rows, "distinct": codes.size, "misfits": misfits}

    def _messages(self) -> Iterator[pl.Series]:
        """The messages in their order, many at a time."""
        import polars as pl

        if self._files and self._held:
            self._put_aside()  # one part at a time
        for path in self._files:
            yield pl.read_ipc(path)["message"]
            path.unlink()
        if self._held:
            yield self._all_held()
