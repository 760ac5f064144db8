"""An archive behind a URL: downloaded once, checked, unpacked once.

The archive is kept in the data folder under its own name. If somebody put it there by hand, no network
is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from filelock import FileLock
from pydantic import Field

from anomalog_exp.data.sources.base import RawFiles, Source, find_log
from anomalog_exp.data.sources.download import DownloadFailed, download
from anomalog_exp.data.sources.local_zip import ArchiveSourceConfig, md5_for_file, unpacked
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Count
from anomalog_exp.progress import Progress

__all__ = ["RemoteZipSource", "RemoteZipSourceConfig"]


class RemoteZipSourceConfig(ArchiveSourceConfig):
    """A zip (or tar.gz) behind a URL, downloaded once and unpacked once."""

    name: Literal["remote_zip"]
    url: str = Field(pattern="^https?://", description="address of the archive")
    size_bytes: Count | None = Field(description="size of the archive, shown and checked")

    def build(self, *, data_root: Path) -> Source:
        return RemoteZipSource(
            url=self.url,
            size_bytes=self.size_bytes,
            raw_logs_relpath=self.raw_logs_relpath,
            md5_checksum=self.md5_checksum,
            max_unpacked_gb=self.max_unpacked_gb,
            data_root=data_root,
        )


@dataclass(frozen=True)
class RemoteZipSource(Source):
    """A zip or tar archive at `url`."""

    url: str
    size_bytes: int | None
    raw_logs_relpath: Path | None
    md5_checksum: str | None
    max_unpacked_gb: float
    data_root: Path

    @property
    def archive(self) -> Path:
        """Where the archive is kept."""
        return self.data_root / PurePosixPath(unquote(urlsplit(self.url).path)).name

    def materialise(self, progress: Progress) -> RawFiles:
        if not self.archive.is_file():
            self._fetch(progress)
        root = unpacked(
            self.archive,
            self.data_root,
            key="dataset.source.url",
            md5_checksum=self.md5_checksum,
            max_bytes=self.max_unpacked_gb * 1e9,
            progress=progress,
        )
        return RawFiles(root=root, log=find_log(root, self.raw_logs_relpath))

    def _fetch(self, progress: Progress) -> None:
        archive = self.archive
        archive.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(archive.with_name(f".{archive.name}.lock")):
            if archive.is_file():
                return
            partial = archive.with_name(f"{archive.name}.part")
            try:
                download(self.url, partial, progress=progress)
            except DownloadFailed as failure:
                raise self._missing(str(failure)) from failure
            self._check(partial, progress)
            partial.rename(archive)

    def _check(self, partial: Path, progress: Progress) -> None:
        size = partial.stat().st_size
        problem = None
        if self.size_bytes is not None and size != self.size_bytes:
            problem = f"the download has {size:,} bytes instead of {self.size_bytes:,}"
        elif self.md5_checksum is not None:
            actual = md5_for_file(partial, progress)
            if actual != self.md5_checksum:
                problem = f"the download has the MD5 {actual} instead of {self.md5_checksum}"
        if problem is not None:
            # These are other bytes than the right ones: downloading the rest could never mend them.
            partial.unlink()
            raise self._missing(problem)

    def _missing(self, problem: str) -> DataError:
        size = f"{self.size_bytes:,} bytes" if self.size_bytes else "size unknown"
        md5 = f"MD5 {self.md5_checksum}" if self.md5_checksum else "no checksum given"
        return DataError.of(
            "dataset.source",
            self.url,
            problem=f"{self.archive.name} is missing and could not be downloaded: {problem}",
            allowed=f"the archive {self.archive.name} ({size}, {md5}) from {self.url}",
            fix=f"put it at {self.archive}, or name a copy by "
            "dataset/source=local_zip dataset.source.zip_path=...",
        )
