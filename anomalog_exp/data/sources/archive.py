"""Unpacking archives that nobody vouches for: nothing is written outside the target or beyond a limit.

Only regular files are unpacked. The whole archive is refused if a name in it is absolute, leaves the
target or names a drive, or if it holds a link or a device: such an archive is broken, or made to harm.
Sizes are counted while unpacking, because headers may lie. The folder appears whole or not at all.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = ["unpack"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    regular: bool
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, target: Path, *, key: str, max_bytes: float, progress: Progress) -> None:
    """Unpack a zip or tar archive into the new folder `target`.

    Args:
        archive: The file.
        target: A folder that does not exist yet; it is made in one step when all is unpacked.
        key: The config key that names the archive, for messages.
        max_bytes: An archive that unpacks to more than this is refused.
        progress: Shows the bytes that are unpacked.

    Raises:
        DataError: the archive is broken, encrypted, too large, or would write outside `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=".unpacking-"))
    try:
        with _members(archive, key) as members:
            files = [member for member in members if not member.name.endswith("/")]
            for member in files:
                _check_member(member, archive, key)
            total = sum(member.size for member in files)
            written = 0
            with progress.stage(f"unpacking {archive.name}", total, "B") as advance:
                for member in files:
                    path = building / member.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with member.open() as packed, path.open("wb") as plain:
                        while chunk := packed.read(_CHUNK):
                            written += len(chunk)
                            if written > max_bytes:
                                raise _too_large(archive, max_bytes)
                            plain.write(chunk)
                            advance(len(chunk))
        building.rename(target)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError) as error:
        raise DataError.of(
            key,
            archive,
            problem=f"the archive cannot be unpacked: {error}",
            allowed="a whole, unencrypted zip or tar archive",
            fix="fetch or pack it again; with md5_checksum a broken copy is found at once",
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _members(archive: Path, key: str) -> Iterator[list[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            yield [_zip_member(packed, info) for info in packed.infolist()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed_tar:
            yield [
                _tar_member(packed_tar, info)
                for info in packed_tar.getmembers()
                if not info.isdir()
            ]
    else:
        raise DataError.of(
            key,
            archive,
            problem="this is no archive that can be read",
            allowed="zip, tar, tar.gz, tar.bz2, tar.xz",
            fix="name an archive, or unpack it and use dataset/source=local_dir",
        )


def _zip_member(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    regular = kind in (0, stat.S_IFREG) or info.is_dir()
    return _Member(info.filename, info.file_size, regular, lambda: packed.open(info))


def _tar_member(packed: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    def opened() -> IO[bytes]:
        file = packed.extractfile(info)
        if file is None:
            raise tarfile.TarError(f"{info.name} cannot be read")
        return file

    return _Member(info.name, info.size, info.isreg(), opened)


def _check_member(member: _Member, archive: Path, key: str) -> None:
    path = PurePosixPath(member.name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name
    if outside or not member.regular or not path.parts:
        raise DataError.of(
            key,
            archive,
            problem=f"its member {member.name!r} is not a plain file below the archive's root",
            allowed="plain files with relative names; no links, devices, drives or ..",
            fix="do not trust this archive; take the files you know and use dataset/source=local_dir",
        )


def _too_large(archive: Path, max_bytes: float) -> DataError:
    return DataError.of(
        "dataset.source.max_unpacked_gb",
        f"{max_bytes / 1e9:g}",
        problem=f"{archive} unpacks to more than this",
        allowed="a limit above the size of the unpacked files",
        fix="raise the limit if you trust the archive and have the room",
    )
