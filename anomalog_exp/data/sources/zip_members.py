"""Members of a zip archive, each checked by its CRC.

A zip says many things twice, and zipfile reads one of them: damage to its directory can hide members, or
make an empty one of a full one. So the number of members and each CRC are compared with what stands
elsewhere.

zipfile also unpacks bzip2 and LZMA in one go, whatever a few bytes may grow to; the streams of the
standard library unpack as much as they are asked for. So zipfile hands out the packed bytes of such a
member, as if they were stored, and they are unpacked and checked here.
"""

from __future__ import annotations

import bz2
import copy
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from anomalog_exp.data.sources.member import CHUNK, MAX_MEMBERS, Member, check_number

__all__ = ["zip_members"]

_MAX_DIRECTORY: Final = MAX_MEMBERS * 400
_MAX_END: Final = 22 + 0xFFFF
_CHECKSUM_FOLLOWS: Final = 0x08


def zip_members(file: io.FileIO) -> Iterator[Member]:
    """The members of the archive `file`.

    Raises:
        Refused: there are too many of them.
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError: the
            archive is damaged, encrypted or packed in an unknown way.
    """
    with _Limited(file) as limited, zipfile.ZipFile(limited) as packed:
        members = packed.infolist()
        check_number(len(members))
        if len(members) != _promised(limited, len(members)):
            raise zipfile.BadZipFile("its directory is not whole")
        for info in members:
            if info.is_dir():
                with packed.open(info):  # compares its two names: damage makes a folder of a file
                    pass
            elif _checksum_elsewhere(limited, info) != info.CRC:
                raise zipfile.BadZipFile(f"two different CRC-32 for file {info.filename!r}")
            yield _member(packed, info)


def _promised(file: io.BufferedReader, otherwise: int) -> int:
    """How many members the end of the archive says that there are; `otherwise` if it has no room."""
    tail = file.seek(0, os.SEEK_END)
    file.seek(max(0, tail - _MAX_END))
    end = file.read(_MAX_END)
    (number,) = struct.unpack_from("<H", end, end.rindex(b"PK\x05\x06") + 10)
    return otherwise if number == 0xFFFF else int(number)


def _checksum_elsewhere(file: io.BufferedReader, info: zipfile.ZipInfo) -> int:
    """The CRC beside the content itself: before it, or behind it where that is said to be so."""
    file.seek(info.header_offset)
    flags, checksum, name, extra = struct.unpack("<6xH6xL8x2H", file.read(30))
    if flags & _CHECKSUM_FOLLOWS:
        file.seek(info.header_offset + 30 + name + extra + info.compress_size)
        behind = file.read(8)
        checksum = int.from_bytes(behind.removeprefix(b"PK\x07\x08")[:4], "little")
    return int(checksum)


class _Limited(io.BufferedReader):
    """A file of which not everything is read at once, as zipfile does with a directory of any size."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"its directory has more than {_MAX_DIRECTORY:,} bytes")
        return super().read(size)


def _member(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
    content = _opened if info.compress_type not in _UNPACKERS else _unpacked
    return Member(
        info.filename, info.file_size, info.is_dir(), plain, lambda: content(packed, info)
    )


def _opened(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    with packed.open(info) as content:
        while chunk := content.read(CHUNK):
            size += len(chunk)
            yield chunk
    if size != info.file_size:
        raise zipfile.BadZipFile(f"Bad size of file {info.filename!r}")


def _unpacked(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    as_stored = copy.copy(info)
    as_stored.compress_type, as_stored.file_size = zipfile.ZIP_STORED, info.compress_size
    del as_stored.CRC  # of the content, and not of what is packed
    left, checksum = info.file_size, 0
    with packed.open(as_stored) as stored, _UNPACKERS[info.compress_type](stored, info) as content:
        while chunk := content.read(min(CHUNK, left)):
            left, checksum = left - len(chunk), zlib.crc32(chunk, checksum)
            yield chunk
    if left or checksum != info.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {info.filename!r}")


def _lzma_content(stored: IO[bytes], info: zipfile.ZipInfo) -> lzma.LZMAFile:
    """LZMA as zip has it: a version, the length of the properties, and five bytes of them."""
    header = stored.read(9)
    if len(header) < 9 or header[2:4] != b"\x05\x00":
        raise zipfile.BadZipFile(f"Bad LZMA properties of file {info.filename!r}")
    literals, positions = header[4] % 9, header[4] // 9
    options = {
        "id": lzma.FILTER_LZMA1,
        "lc": literals,
        "lp": positions % 5,
        "pb": positions // 5,
        # No more than the content can be looked back at, whatever the header asks memory for.
        "dict_size": max(4096, min(int.from_bytes(header[5:9], "little"), info.file_size)),
    }
    return lzma.LZMAFile(stored, format=lzma.FORMAT_RAW, filters=[options])


_UNPACKERS: Final[dict[int, Callable[[IO[bytes], zipfile.ZipInfo], Any]]] = {
    zipfile.ZIP_BZIP2: lambda stored, _: bz2.BZ2File(stored),
    zipfile.ZIP_LZMA: _lzma_content,
}
