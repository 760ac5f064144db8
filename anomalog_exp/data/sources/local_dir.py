"""A folder that is already there, or one log file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anomalog_exp.data.sources.base import RawFiles, Source, find_log, refuse_other_than_text
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = ["LocalDirSource"]


@dataclass(frozen=True)
class LocalDirSource(Source):
    """Files where they are; nothing is copied."""

    path: Path
    raw_logs_relpath: Path | None

    def materialise(self, progress: Progress) -> RawFiles:
        path = self.path.expanduser().absolute()
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
