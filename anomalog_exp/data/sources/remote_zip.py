"""An archive behind a URL: downloaded once, checked, unpacked once.

The archive is kept in the data folder under its own name, so one that was put there by hand is used
without any network. A download gets that name only if it is an archive, of the size and MD5 that are
known; where no MD5 is known and it cannot be unpacked, it is thrown away, as a better copy may come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import Field

from anomalog_exp.data.sources.address import ArchiveAddress, archive_name, masked
from anomalog_exp.data.sources.archive import DamagedArchive, archive_reader
from anomalog_exp.data.sources.as_text import as_text, names_of
from anomalog_exp.data.sources.base import RawFiles, Source
from anomalog_exp.data.sources.find_log import find_log
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.local_zip import ArchiveSourceConfig, md5_for_file, unpacked
from anomalog_exp.data.sources.made_once import lock_path
from anomalog_exp.data.sources.part import Part
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Count
from anomalog_exp.progress import Progress
from anomalog_exp.secrets import HIDDEN

__all__ = ["RemoteZipSource", "RemoteZipSourceConfig"]


class RemoteZipSourceConfig(ArchiveSourceConfig):
    """A zip (or tar.gz) behind a URL, downloaded once and unpacked once."""

    name: Literal["remote_zip"]
    url: ArchiveAddress = Field(
        repr=False,
        description="address of the archive; name and password before the host are used, not recorded",
    )
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

    url: str = field(repr=False)
    size_bytes: int | None
    raw_logs_relpath: Path | None
    md5_checksum: str | None
    max_unpacked_gb: float
    data_root: Path

    @property
    def archive(self) -> Path:
        """Where the archive is kept."""
        return self.data_root / archive_name(self.url)

    def materialise(self, progress: Progress) -> RawFiles:
        remove_leftovers(self.data_root)
        fetched = not self.archive.is_file() and self._fetch(progress)
        try:
            root = unpacked(
                self.archive,
                self.data_root,
                key="dataset.source.url",
                md5_checksum=self.md5_checksum,
                max_bytes=self.max_unpacked_gb * 1e9,
                progress=progress,
            )
        except DamagedArchive:
            if fetched and self.md5_checksum is None:
                self.archive.unlink(missing_ok=True)
            raise
        logs = names_of(find_log(root, self.raw_logs_relpath))
        key = "dataset.source.url"
        return as_text(root, logs.items(), data_root=self.data_root, key=key, progress=progress)

    def _fetch(self, progress: Progress) -> bool:
        """Bring the archive here; False if another process did so meanwhile."""
        from anomalog_exp.data.sources.download import DownloadFailed, download

        if HIDDEN in self.url:
            raise self._missing(
                f"of its address only a record is left, where {HIDDEN} hides a secret"
            )
        archive = self.archive
        archive.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock_path(archive)):
            if archive.is_file():
                return False
            part = Part(archive)
            try:
                download(
                    self.url,
                    part,
                    size_bytes=self.size_bytes,
                    max_bytes=self.max_unpacked_gb * 1e9,
                    progress=progress,
                )
            except DownloadFailed as failure:
                raise self._missing(str(failure)) from failure
            self._check(part, progress)
            part.become_archive()
        return True

    def _check(self, part: Part, progress: Progress) -> None:
        problem = None
        if self.size_bytes not in (None, part.size()):
            problem = f"the download has {part.size():,} bytes instead of {self.size_bytes:,}"
        elif archive_reader(part.path) is None:
            problem = f"the server sent {_kind(part.path)}"
        elif self.md5_checksum is not None:
            found = md5_for_file(part.path, progress)
            if found != self.md5_checksum:
                problem = f"the download has the MD5 {found} instead of {self.md5_checksum}"
        if problem is not None:
            # What is there is not what was asked for: resuming it could never mend it.
            part.remove()
            raise self._missing(problem)

    def _missing(self, problem: str) -> DataError:
        size = f"{self.size_bytes:,} bytes" if self.size_bytes else "size unknown"
        md5 = f"MD5 {self.md5_checksum}" if self.md5_checksum else "no checksum given"
        address = masked(self.url)
        return DataError.of(
            "dataset.source",
            address,
            problem=f"{self.archive.name} is missing and could not be downloaded: {problem}",
            allowed=f"the archive {self.archive.name} ({size}, {md5}) from {address}",
            fix=f"put it at {self.archive}, or name a copy by "
            "dataset/source=local_zip dataset.source.zip_path=...",
        )


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        page = file.read(1000).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return "a web page and no archive" if page else "what is no archive"
