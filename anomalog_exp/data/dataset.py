"""LogDataset: the parsed log as flat columns, on disk, memory-mapped by every process that reads it.

One row per parsed event, in source order. Columns are `.npy` files opened with `mmap_mode="r"`, so
opening ten million events costs a few milliseconds and no copy. Vocabularies are apart: templates
(few) as JSON, entities (many) as Parquet, read only by those who ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.reading.blocks import raw_lines
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NO_ENTITY", "NO_TIME", "UNLABELLED", "LogDataset", "open_dataset", "write_vocabularies"]

NO_TIME: Final = np.iinfo(np.int64).min
"""`time_ms` of a row whose line has no time."""

NO_ENTITY: Final = -1
"""`entity` of a row that belongs to none."""

UNLABELLED: Final = -1
"""Label of an event or entity that the source says nothing about."""

COLUMNS: Final = {
    "line": np.int64,
    "time_ms": np.int64,
    "entity": np.int32,
    "template": np.int32,
    "label": np.int8,
    "entity_label": np.int8,
}


@dataclass(frozen=True, eq=False)
class LogDataset:
    """Columns of a log.

    Attributes:
        directory: Where the files are.
        line: (events,) int64, zero-based raw line number; parsed rows may skip numbers.
        time_ms: (events,) int64, Unix milliseconds UTC, or `NO_TIME`.
        entity: (events,) int32, code into `entities`, or `NO_ENTITY`.
        template: (events,) int32, code into `templates`.
        label: (events,) int8, 0 normal, 1 anomalous, `UNLABELLED`.
        entity_label: (entities,) int8, likewise.
        templates: Template texts; a template is known across data sets by its text.
        manifest: What was read, counted and refused; see `anomalog_exp.data.reading.build`.
        log: The raw log, where there is one.
        entity_split: (entities,) uint8 which split the source puts each entity in, where it says so:
            0 train, 2 test.
        unrowed_anomalies: Raw lines labelled anomalous that are no rows, in order, where there are.
    """

    directory: Path
    line: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    entity: NDArray[np.int32]
    template: NDArray[np.int32]
    label: NDArray[np.int8]
    entity_label: NDArray[np.int8]
    templates: tuple[str, ...]
    manifest: dict[str, Any]
    log: Path | None = None
    entity_split: NDArray[np.uint8] | None = None
    unrowed_anomalies: NDArray[np.int64] | None = None

    @property
    def n_events(self) -> int:
        return len(self.line)

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
        """SHA-256 that names the content: source bytes and how they were read."""
        return str(self.manifest["digest"])

    @cached_property
    def entities(self) -> pl.Series:
        """(entities,) texts in code order, read from disk on first use."""
        import polars as pl

        return pl.read_parquet(self.directory / "entities.parquet")["entity"]

    def raw_lines(self, numbers: Iterable[int]) -> dict[int, str]:
        """The raw text of some lines by their numbers; only the blocks that hold them are read."""
        if self.log is None:
            return {}
        return raw_lines(self.log, np.load(self.directory / "blocks.npy"), numbers)


def write_vocabularies(directory: Path, templates: list[str], entities: pl.Series) -> None:
    """Write the texts of a dataset into its directory."""
    text = json.dumps(templates, ensure_ascii=False)
    (directory / "templates.json").write_text(text, encoding="utf-8")
    entities.alias("entity").to_frame().write_parquet(directory / "entities.parquet")


def open_dataset(directory: Path, log: Path | None) -> LogDataset:
    """Open a built dataset of the raw file `log` without reading its columns.

    Raises:
        DataError: its files are not as they were built.
    """
    try:
        return _opened(directory, log)
    except (ValueError, EOFError, FileNotFoundError) as error:
        raise DataError.of(
            "paths.cache_dir",
            directory,
            problem=f"a file of this built data set is damaged ({error})",
            allowed="the files as they were built",
            fix="delete this folder; the same command builds it again",
        ) from error


def _opened(directory: Path, log: Path | None) -> LogDataset:
    columns = {name: np.load(directory / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
    optional = {
        name: np.load(directory / f"{name}.npy")
        for name in ("entity_split", "unrowed_anomalies")
        if (directory / f"{name}.npy").is_file()
    }
    templates = json.loads((directory / "templates.json").read_text(encoding="utf-8"))
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    blocks = (directory / "blocks.npy").is_file()
    return LogDataset(
        directory,
        **columns,
        **optional,
        templates=tuple(templates),
        manifest=manifest,
        log=log if blocks else None,
    )
