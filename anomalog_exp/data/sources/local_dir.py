"""A folder that is already there, or one log file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from anomalog_exp.data.sources.base import (
    DatasetSourceConfig,
    RawFiles,
    Source,
    find_log,
    refuse_other_than_text,
)
from anomalog_exp.data.sources.local_path import local_path
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import PathText
from anomalog_exp.progress import Progress

__all__ = ["LocalDirSource", "LocalDirSourceConfig"]


class LocalDirSourceConfig(DatasetSourceConfig):
    """A folder that is already there, or one log file."""

    name: Literal["local_dir"]
    path: PathText = Field(description="the folder that holds the log, or the log file itself")
    raw_logs_relpath: PathText | None = Field(description="the log, relative to the folder")

    def build(self, *, data_root: Path) -> Source:
        return LocalDirSource(path=self.path, raw_logs_relpath=self.raw_logs_relpath)


@dataclass(frozen=True)
class LocalDirSource(Source):
    """Files where they are; nothing is copied."""

    path: Path
    raw_logs_relpath: Path | None

    def materialise(self, progress: Progress) -> RawFiles:
        path = local_path(self.path, "dataset.source.path")
        if path.is_file():
            refuse_other_than_text(path)
            return RawFiles(root=path.parent, log=path)
        if not path.is_dir():
            raise DataError.of(
                "dataset.source.path",
                self.path,
                problem="there is no such file or folder",
                allowed="the log file, or the folder that holds it",
                fix=f"mend the path; it was looked for at {path}",
            )
        log = find_log(path, self.raw_logs_relpath)
        refuse_other_than_text(log)
        return RawFiles(root=path, log=log)
