"""LogDataset: the parsed log as flat columns, on disk, memory-mapped by every process that reads it.

One row per parsed event, in source order. Columns are `.npy` files opened with `mmap_mode="r"`, so
opening ten million events costs a few milliseconds and no copy. `columns` says which there are, and
`vocabularies` what their codes stand for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import COLUMNS, NO_ENTITY, NO_TIME, UNLABELLED, EventColumns
from anomalog_exp.data.parameters import Parameters, open_parameters
from anomalog_exp.data.places import Place, Places
from anomalog_exp.data.reading.blocks import raw_lines
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.vocabularies import entity_texts, open_vocabularies, read_mined
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NO_ENTITY", "NO_TIME", "UNLABELLED", "LogDataset", "open_dataset"]


@dataclass(frozen=True, eq=False)
class LogDataset(EventColumns):
    """A log as columns, which are attributes (see `EventColumns`), and what belongs to them.

    Attributes:
        directory: Where the files are.
        templates: Template texts; a template is known across data sets by its text.
        entity_label: (entities,) int8, 0 normal, 1 anomalous, `UNLABELLED`.
        manifest: What was read, counted and refused; see `anomalog_exp.data.reading.build`.
        sources: Names of the input files.
        logs: The raw inputs, where they hold the lines of the rows.
        entity_split: (entities,) uint8 which split the source puts each entity in, where it says so:
            0 train, 2 test.
        unrowed_anomalies: Raw lines labelled anomalous that are no rows, in order, where there are.
        parameters: What messages have at the places of their templates; None where nobody asked for it
            when the data set was built, or there are no messages.
        learned: The templates of these codes, where they are not those that the files hold.
        as_matched: The same events over the templates of their own log, where a judge's have taken their
            place: they say what is behind `<unknown>`.
        unknown_added: The last template, `<unknown>`, is none of the log's own: it stands for what is no
            template of training (`sequences/vocabulary.py`).
    """

    directory: Path
    templates: tuple[str, ...]
    entity_label: NDArray[np.int8]
    manifest: dict[str, Any]
    sources: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()
    entity_split: NDArray[np.uint8] | None = None
    unrowed_anomalies: NDArray[np.int64] | None = None
    parameters: Parameters | None = None
    learned: Templates | None = None
    as_matched: LogDataset | None = None
    unknown_added: bool = False

    @property
    def n_events(self) -> int:
        return len(self.line)

    @property
    def labels_events(self) -> bool:
        """Whether any event has a label; asked without an array as long as the log."""
        return bool(self.label.max(initial=UNLABELLED) > UNLABELLED)

    @property
    def n_lines(self) -> int:
        """Raw lines that were read, parsed or not."""
        return int(self.manifest["lines_total"])

    @property
    def first_line(self) -> int:
        """Number of the first raw line that was read."""
        return int(self.manifest.get("first_line", 0))

    @property
    def n_entities(self) -> int:
        return len(self.entity_label)

    @property
    def digest(self) -> str:
        """SHA-256 that names the content: the bytes of the log and of its labels."""
        return str(self.manifest["digest"])

    @cached_property
    def entities(self) -> pl.Series:
        """(entities,) texts in code order, read from disk on first use."""
        return entity_texts(self.directory)

    @property
    def mined(self) -> Templates:
        """The templates as they were mined, to match other messages with; read from disk."""
        return read_mined(self.directory) if self.learned is None else self.learned

    def raw_lines(self, numbers: Iterable[int]) -> dict[int, str]:
        """The raw text of some lines by their numbers; only the blocks that hold them are read."""
        if not self.logs:
            return {}
        return raw_lines(self.logs, np.load(self.directory / "blocks.npy"), numbers)

    def continued(self, rows: NDArray[np.int64], most: int) -> dict[int, list[str]]:
        """The lines that continue the records of some rows, at most so many of each; row -> raw text."""
        if not self.manifest.get("lines_continued"):
            return {}
        begin = self.line[rows] + 1
        ends = [
            int(self.line[row + 1]) if row + 1 < self.n_events else self.first_line + self.n_lines
            for row in rows.tolist()
        ]
        wanted = {
            row: range(first, min(end, first + most))
            for row, first, end in zip(rows.tolist(), begin.tolist(), ends, strict=True)
        }
        raw = self.raw_lines({line for lines in wanted.values() for line in lines})
        return {
            row: [
                raw[line]
                for line in lines
                if raw.get(line) and self.place(line).file == self.place(lines.start - 1).file
            ]
            for row, lines in wanted.items()
        }

    def place(self, line: int) -> Place:
        """The file of a line and its number there, counted from 1: what people see."""
        return self._places.of(line)

    @cached_property
    def _places(self) -> Places:
        return Places(self.manifest)


def open_dataset(directory: Path, logs: Sequence[Path]) -> LogDataset:
    """Open a built dataset of the raw files `logs` without reading its columns.

    Raises:
        DataError: its files are not as they were built.
    """
    try:
        return _opened(directory, logs)
    except (ValueError, EOFError, FileNotFoundError) as error:
        raise DataError.of(
            "paths.cache_dir",
            directory,
            problem=f"a file of this built data set is damaged ({error})",
            allowed="the files as they were built",
            fix="delete this folder; the same command builds it again",
        ) from error


def _opened(directory: Path, logs: Sequence[Path]) -> LogDataset:
    unrowed = directory / "unrowed_anomalies.npy"
    columns = {name: np.load(directory / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
    return LogDataset(
        directory,
        **columns,
        **open_vocabularies(directory),
        manifest=json.loads((directory / "manifest.json").read_text(encoding="utf-8")),
        unrowed_anomalies=np.load(unrowed) if unrowed.is_file() else None,
        parameters=open_parameters(directory, columns["template"]),
        logs=tuple(logs) if (directory / "blocks.npy").is_file() else (),
    )
