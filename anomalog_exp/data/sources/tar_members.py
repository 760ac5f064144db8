"""Members of a tar archive, packed or not, read once from begin to end.

tarfile takes a damaged header for the end of the archive, and it stops at the mark of the end, so the
checksum that gzip, bzip2 and xz keep behind it is never read: of 400 flipped bits in a tar.gz it noticed
10. Here a header that cannot be read is an error, and the stream is read to its end. A plain tar has
checksums of its headers only; the content of such an archive is as good as its MD5.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from anomalog_exp.data.sources.member import CHUNK, MAX_DESCRIPTION, Member

__all__ = ["is_tar", "tar_members"]

_PACKINGS: Final[dict[bytes, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_MAX_PADDING: Final = 1 << 26
_LONG_NUMBER: Final = re.compile(rb"[0-9]{1000}")


def is_tar(begin: bytes) -> bool:
    """Whether a file that begins like this, with 512 bytes or fewer, is a tar or packed as one."""
    if begin.startswith(tuple(_PACKINGS)):
        return True
    try:
        tarfile.TarInfo.frombuf(begin, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def tar_members(file: io.FileIO) -> Iterator[Member]:
    """The members of the archive `file`, each to be read before the next is asked for.

    Raises:
        tarfile.TarError, OSError, EOFError, lzma.LZMAError, zlib.error, ValueError: the archive is
            damaged. Not before the last member is passed is it known to be whole.
    """
    with io.BufferedReader(file, CHUNK) as buffered:
        begin = buffered.peek()
        packing = next((_PACKINGS[mark] for mark in _PACKINGS if begin.startswith(mark)), None)
        stream = _Stream(buffered if packing is None else packing(buffered))
        packed = tarfile.TarFile(fileobj=stream, tarinfo=_Header)
        for info in packed:
            yield _member(packed, info, stream)
            stream.describe()
        stream.pass_padding()


def _member(packed: tarfile.TarFile, info: tarfile.TarInfo, stream: _Stream) -> Member:
    def content() -> Iterator[bytes]:
        stream.contain(info.size)
        opened = packed.extractfile(info)
        if opened is None:
            raise tarfile.ReadError(f"{info.name!r} has no content")
        with opened:
            while chunk := opened.read(CHUNK):
                yield chunk

    # How the pieces of a sparse file lie is up to its header: it could send tarfile anywhere.
    plain = info.isreg() and not info.issparse() and info.size >= 0
    return Member(info.name, info.size, info.isdir(), plain, content)


class _Header(tarfile.TarInfo):
    """A header that is whole, or an error."""

    @classmethod
    def fromtarfile(cls, packed: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(packed)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # zeros: the mark of the end
            raise
        except tarfile.HeaderError as error:
            if packed.offset == 0:
                raise tarfile.ReadError(f"it does not begin as a tar does ({error})") from error
            raise tarfile.ReadError(f"it breaks off or is damaged ({error})") from error


class _Stream(io.RawIOBase):
    """What tarfile reads: forwards only, and only as far as is allowed.

    A description is held in memory and may not be long; content ends where its header says.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.describe()

    def describe(self) -> None:
        """Allow the description of one member."""
        self._end, self._describes = self.tell() + MAX_DESCRIPTION, True

    def contain(self, size: int) -> None:
        """Allow content of `size` bytes."""
        self._end, self._describes = self.tell() + size, False

    def tell(self) -> int:
        """How many bytes have been read."""
        return self._file.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        """Pass what lies before `place`."""
        if place < self.tell():
            raise tarfile.ReadError("one of its members lies within another")
        self.read(place - self.tell())
        return self.tell()

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end of the stream."""
        if not 0 <= size <= self._end - self.tell():
            raise tarfile.ReadError(f"a member's header has more than {MAX_DESCRIPTION:,} bytes")
        data = self._file.read(size)
        # tarfile before 3.11.10 and 3.12.6 takes the square of this number's length to search it.
        if self._describes and _LONG_NUMBER.search(data):
            raise tarfile.ReadError("a number in a member's header has more than 1,000 digits")
        return data

    def pass_padding(self) -> None:
        """Read the stream to its end, which checks it as a whole: only zeros may follow the members."""
        begin = self.tell()
        while chunk := self._file.read(CHUNK):
            if chunk.strip(b"\0"):
                raise tarfile.ReadError("something follows the mark of its end")
            if self.tell() - begin > _MAX_PADDING:
                raise tarfile.ReadError(f"more than {_MAX_PADDING:,} zeros follow its end")
