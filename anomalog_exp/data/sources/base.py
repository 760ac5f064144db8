"""What a source is: it puts the raw files of a data set on this machine, or finds them there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalog_exp.options.base import Options
from anomalog_exp.progress import Progress

__all__ = ["DatasetSourceConfig", "Input", "RawFiles", "Source"]


@dataclass(frozen=True)
class Input:
    """A file of lines.

    Attributes:
        path: The text that is read, in UTF-8.
        name: What people call it: its file name, or its path below the folder that holds all inputs.
        origin: Where the text comes from: the file as it was named, which may be compressed.
        encoding: Of the origin, as Python names it.
        compression: gzip, bzip2, xz or zstd; None where the origin is plain text.
    """

    path: Path
    name: str
    origin: Path
    encoding: str = "utf-8"
    compression: str | None = None

    def facts(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {
            "name": self.name,
            "path": str(self.origin),
            "encoding": self.encoding,
            "compression": self.compression,
        }


@dataclass(frozen=True)
class RawFiles:
    """Raw files of a data set.

    Attributes:
        root: The folder that relative paths of the data set (labels) start from.
        log: The log; of several inputs the first.
        parts: The inputs in the order in which they are read; empty where the log is the only one, and
            is read as it is.
    """

    root: Path
    log: Path
    parts: tuple[Input, ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The files of lines, in the order in which they are read."""
        return self.parts or (Input(self.log, self.log.name, self.log),)


class Source(ABC):
    """A place that raw files come from."""

    @abstractmethod
    def materialise(self, progress: Progress) -> RawFiles:
        """Make sure that the files are on this machine.

        Doing it again changes nothing and gives the same paths.

        Raises:
            DataError: they are not on this machine and cannot be brought here.
        """


class DatasetSourceConfig(Options):
    """Base of the sources."""

    @abstractmethod
    def build(self, *, data_root: Path) -> Source:
        """The source; what it brings to this machine goes below `data_root`."""

    def manifest_entry(self) -> dict[str, object]:
        """The config as JSON builtins, for manifests."""
        return self.model_dump(mode="json")
