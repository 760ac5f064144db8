"""Unpacking archives from anywhere: nothing is written outside the folder, nothing without a limit.

Only plain files are unpacked. A name that is absolute, leaves the folder, or names a drive refuses the
whole archive, and so do links and devices: such an archive was made to harm, or is broken. Two members
of one name refuse it too, as nobody knows which is meant. Sizes are counted while unpacking, as headers
may lie. What the format keeps a checksum of is checked, to the end of the archive.
"""

from __future__ import annotations

import errno
import io
import lzma
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from anomalog_exp.data.sources.followed import Followed
from anomalog_exp.data.sources.member import MAX_MEMBERS, Member, Refused, check_number
from anomalog_exp.data.sources.tar_members import is_tar, tar_members
from anomalog_exp.data.sources.zip_members import zip_members
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = ["DamagedArchive", "archive_reader", "unpack"]

_MAX_NAME_LETTERS: Final = 1000
_MAX_PART_BYTES: Final = 255
_MAX_DEPTH: Final = 50

_DAMAGE: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises where an archive is not what it expects."""

_NO_DISK_ERROR: Final = (None, errno.EINVAL, errno.EOVERFLOW)
"""Numbers of the OSErrors of damage: gzip and bzip2 give none, zipfile goes to any place in a file."""


class DamagedArchive(DataError):
    """The file is no whole archive; another copy of it may be one."""


class _TooLarge(Exception):
    """An archive that unpacks to more than is allowed."""


def unpack(archive: Path, folder: Path, *, key: str, max_bytes: float, progress: Progress) -> None:
    """Unpack a zip or tar archive into an empty folder.

    Args:
        archive: The file.
        folder: If this raises, it holds what had been unpacked until then.
        key: The config key that names the archive, for messages.
        max_bytes: More than this refuses the archive.
        progress: Shows how many bytes of the archive have been read.

    Raises:
        DamagedArchive: the archive is broken, encrypted, empty, or none at all.
        DataError: it is too large, or would write outside `folder`.
    """
    members = archive_reader(archive)
    if members is None:
        raise DamagedArchive.of(
            key,
            archive,
            problem="this is no archive that can be read",
            allowed="zip, tar, tar.gz, tar.bz2, tar.xz",
            fix="name an archive, or unpack it and use dataset/source=local_dir",
        )
    try:
        with (
            progress.stage(f"unpacking {archive.name}", archive.stat().st_size, "B") as advance,
            Followed(archive, advance) as file,
        ):
            _unpack_all(members(file), folder, max_bytes)
    except _TooLarge as error:
        raise DataError.of(
            "dataset.source.max_unpacked_gb",
            f"{max_bytes / 1e9:g}",
            problem=f"{archive} unpacks to more than this",
            allowed="a limit above the size of the unpacked files",
            fix="raise the limit if you trust the archive and have the room",
        ) from error
    except Refused as error:
        raise DataError.of(
            key,
            archive,
            problem=str(error),
            allowed=f"at most {MAX_MEMBERS:,} plain files with relative names, each name once; no "
            "links, devices, drives or ..",
            fix="do not trust this archive; take the files you know and use dataset/source=local_dir",
        ) from error
    except (OSError, *_DAMAGE) as error:
        if isinstance(error, OSError) and error.errno not in _NO_DISK_ERROR:
            raise
        raise DamagedArchive.of(
            key,
            archive,
            problem=f"the archive cannot be unpacked: {error or type(error).__name__}",
            allowed="a whole, unencrypted zip or tar archive",
            fix=f"remove {archive} and fetch or pack it again; with md5_checksum a broken copy is "
            "found at once; a compressed log, as app.log.gz, is for dataset/source=local_dir",
        ) from error


def archive_reader(archive: Path) -> Callable[[io.FileIO], Iterator[Member]] | None:
    """What reads the members of a file; None if it is neither a zip nor a tar.

    tar is asked first: a zip may begin with anything, so a tar that ends with a zip looks like one.
    """
    with archive.open("rb") as file:
        begin = file.read(tarfile.BLOCKSIZE)
    if is_tar(begin):
        return tar_members
    return zip_members if zipfile.is_zipfile(archive) else None


def _unpack_all(members: Iterator[Member], folder: Path, max_bytes: float) -> None:
    left = max_bytes
    empty = True
    for number, member in enumerate(members, 1):
        check_number(number)
        if member.is_folder:
            continue
        _check(member)
        if member.size > left:
            raise _TooLarge
        with _created(folder / member.name, member) as file:
            for chunk in member.content():
                left -= len(chunk)
                if left < 0:
                    raise _TooLarge
                file.write(chunk)
        empty = False
    if empty:
        raise EOFError("it holds no file")


def _check(member: Member) -> None:
    """See that a member is a plain file with a name that leads to no harm."""
    name, parts = member.name, PurePosixPath(member.name).parts
    outside = name.startswith("/") or ".." in parts or "\\" in name or ":" in name
    no_text = any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)
    if outside or no_text or not parts or not member.is_plain:
        raise Refused(f"its member {name!r} is not a plain file below the archive's root")
    longest = max(len(part.encode()) for part in parts)
    if len(name) > _MAX_NAME_LETTERS or len(parts) > _MAX_DEPTH or longest > _MAX_PART_BYTES:
        raise Refused(f"the name of its member {name[:100]!r}... is too long")


def _created(path: Path, member: Member) -> io.BufferedWriter:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(f"its member {member.name!r} stands where another does") from error
