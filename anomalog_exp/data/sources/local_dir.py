"""Logs that are already there: a file, a folder, files by a pattern, a pipe, or a list of these."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from anomalog_exp.data.sources.as_text import as_text, names_of
from anomalog_exp.data.sources.base import DatasetSourceConfig, RawFiles, Source
from anomalog_exp.data.sources.named_files import named_files
from anomalog_exp.data.sources.piped import is_pipe, kept_pipe, pipe_name
from anomalog_exp.options.base import PathText, PathTexts
from anomalog_exp.options.local_path import local_path
from anomalog_exp.progress import Progress

__all__ = ["LocalDirSource", "LocalDirSourceConfig"]

_KEY = "dataset.source.path"


class LocalDirSourceConfig(DatasetSourceConfig):
    """Logs that are already there: a file, a folder, files by a pattern, or a list of these."""

    name: Literal["local_dir"]
    path: PathTexts = Field(
        description="a log file, the folder that holds the log, a pattern (`logs/*.log`), - for "
        "standard input, or a list of these"
    )
    raw_logs_relpath: PathText | None = Field(description="the log, relative to the folder")

    def build(self, *, data_root: Path) -> Source:
        paths = self.path if isinstance(self.path, tuple) else (self.path,)
        return LocalDirSource(paths, self.raw_logs_relpath, data_root)


@dataclass(frozen=True)
class LocalDirSource(Source):
    """Files where they are; what comes through a pipe or is no plain UTF-8 is copied to `data_root`."""

    paths: tuple[Path, ...]
    raw_logs_relpath: Path | None
    data_root: Path

    def materialise(self, progress: Progress) -> RawFiles:
        files = named_files(self.paths, self.raw_logs_relpath, _KEY)
        names = names_of(path for path in files if not is_pipe(path))
        logs = []
        for path in files:
            if is_pipe(path):
                kept = kept_pipe(path, self.data_root, _KEY, progress)
                logs.append((kept, pipe_name(path)))
            else:
                logs.append((path, names[path]))
        return as_text(
            self._root(list(names)), logs, data_root=self.data_root, key=_KEY, progress=progress
        )

    def _root(self, files: list[Path]) -> Path:
        """The one folder that is named, else the one that holds all files."""
        first = local_path(self.paths[0], _KEY)
        if len(self.paths) == 1 and first.is_dir():
            return first
        return Path(os.path.commonpath([file.parent for file in files])) if files else Path.cwd()
