"""Writes the parameters of a data set while it is built.

Templates are known when all messages have come, so messages wait in files beside the columns, which are
removed when their values have been found. About a million messages are held in memory at a time, and all
distinct values.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from anomalog_exp.data.parameters import NO_VALUE, write_parameters
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.wildcards import Wildcards, values_of_places

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParameterWriter"]

_ROWS_AT_ONCE: Final = 1 << 20


class ParameterWriter:
    """The messages of a data set until their parameters are written."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting = directory / "messages"
        self._waiting.mkdir()
        self._files: list[Path] = []

    def add(self, messages: pl.Series) -> None:
        """Keep the messages of the next block."""
        self._files.append(self._waiting / f"{len(self._files)}.arrow")
        messages.alias("message").to_frame().write_ipc(self._files[-1])

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
        codes, row, misfits = FirstAppearance(), 0, 0
        with GrowingColumn(self._directory / "parameter.npy", np.int32) as column:
            for messages in self._messages():
                here = np.asarray(template[row : row + len(messages)])
                row += len(messages)
                values, place = values_of_places(messages, here, constants)
                raw = values.cast(category).to_physical().cast(pl.Int64).fill_null(NO_VALUE)
                in_order = np.empty(len(raw), dtype=np.int64)
                in_order[place] = raw.to_numpy()
                misfits += int(np.count_nonzero(in_order == NO_VALUE))
                column.append(codes.add(in_order))
        write_parameters(self._directory, wildcards.counts(texts), codes.texts(category))
        del alive
        shutil.rmtree(self._waiting)
        return {"values": column.rows, "distinct": codes.size, "misfits": misfits}

    def _messages(self) -> Iterator[pl.Series]:
        import polars as pl

        waiting: list[pl.Series] = []
        for path in self._files:
            waiting.append(pl.read_ipc(path)["message"])
            if sum(map(len, waiting)) >= _ROWS_AT_ONCE:
                yield pl.concat(waiting)
                waiting = []
        if waiting:
            yield pl.concat(waiting)
