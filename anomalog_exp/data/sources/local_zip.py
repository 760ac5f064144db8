"""An archive on this machine, unpacked once; a replaced one is unpacked again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from anomalog_exp.data.sources.archive import unpack
from anomalog_exp.data.sources.as_text import as_text, names_of
from anomalog_exp.data.sources.base import DatasetSourceConfig, RawFiles, Source
from anomalog_exp.data.sources.find_log import find_log
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import copy_name, made_once
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import PathText
from anomalog_exp.options.local_path import local_path
from anomalog_exp.progress import Progress

__all__ = [
    "ArchiveSourceConfig",
    "LocalZipSource",
    "LocalZipSourceConfig",
    "md5_for_file",
    "unpacked",
]


Md5 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class ArchiveSourceConfig(DatasetSourceConfig):
    """Options that the two archive sources share."""

    raw_logs_relpath: PathText | None = Field(description="the log, relative to the archive's root")
    md5_checksum: Md5 | None = Field(description="MD5 of the archive, 32 hex digits")
    max_unpacked_gb: float = Field(
        gt=0, description="refuse archives that unpack to more than this"
    )


class LocalZipSourceConfig(ArchiveSourceConfig):
    """A zip (or tar.gz) on this machine, unpacked once."""

    name: Literal["local_zip"]
    zip_path: PathText = Field(description="the archive")

    def build(self, *, data_root: Path) -> Source:
        return LocalZipSource(
            zip_path=self.zip_path,
            raw_logs_relpath=self.raw_logs_relpath,
            md5_checksum=self.md5_checksum,
            max_unpacked_gb=self.max_unpacked_gb,
            data_root=data_root,
        )


@dataclass(frozen=True)
class LocalZipSource(Source):
    """A zip or tar archive at `zip_path`."""

    zip_path: Path
    raw_logs_relpath: Path | None
    md5_checksum: str | None
    max_unpacked_gb: float
    data_root: Path

    def materialise(self, progress: Progress) -> RawFiles:
        key = "dataset.source.zip_path"
        archive = local_path(self.zip_path, key)
        if not archive.is_file():
            raise DataError.of(
                key,
                self.zip_path,
                problem="there is no such file",
                allowed="a zip or tar archive",
                fix=f"mend the path; it was looked for at {archive}",
            )
        root = unpacked(
            archive,
            self.data_root,
            key=key,
            md5_checksum=self.md5_checksum,
            max_bytes=self.max_unpacked_gb * 1e9,
            progress=progress,
        )
        logs = names_of(find_log(root, self.raw_logs_relpath))
        return as_text(root, logs.items(), data_root=self.data_root, key=key, progress=progress)


def unpacked(
    archive: Path,
    data_root: Path,
    *,
    key: str,
    md5_checksum: str | None,
    max_bytes: float,
    progress: Progress,
) -> Path:
    """The folder below `data_root` that holds the archive's files; unpacked now if it is not there.

    Raises:
        DataError: the archive is not the one that the checksum names, or cannot be unpacked.
    """
    target = data_root / copy_name(archive)

    def make(folder: Path) -> None:
        _check_md5(archive, key, md5_checksum, progress)
        unpack(archive, folder, key=key, max_bytes=max_bytes, progress=progress)

    remove_leftovers(data_root)
    made_once(target, make)
    return target


def _check_md5(archive: Path, key: str, expected: str | None, progress: Progress) -> None:
    if expected is None:
        return
    actual = md5_for_file(archive, progress)
    if actual != expected:
        raise DataError.of(
            "dataset.source.md5_checksum",
            expected,
            problem=f"{archive} has the MD5 {actual}",
            allowed="the checksum of the archive",
            fix=f"fetch the archive again, or correct the checksum, or name another file by {key}",
        )


def md5_for_file(path: Path, progress: Progress) -> str:
    """MD5 of a file, as archives publish it; it finds damage, and does not protect from an attack."""
    digest = hashlib.md5(usedforsecurity=False)
    with (
        path.open("rb") as file,
        progress.stage(f"checking {path.name}", path.stat().st_size, "B") as advance,
    ):
        while chunk := file.read(1 << 22):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
