"""Archives of every kind, and damage of every kind."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

FILES = {"HDFS.log": b"a\nb\n", "preprocessed/labels.csv": b"x,y\n"}


class Pipe(io.BytesIO):
    """Something to write to that cannot go back: sizes and checksums follow the content."""

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")

    def seekable(self) -> bool:
        return False


def zipped(
    method: int, make: Callable[[], io.BytesIO] = io.BytesIO
) -> Callable[[Mapping[str, bytes]], bytes]:
    def pack(files: Mapping[str, bytes]) -> bytes:
        archive = make()
        with zipfile.ZipFile(archive, "w", method) as file:
            for name, content in files.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                file.writestr(info, content)
        return archive.getvalue()

    return pack


def tarred(compress: Callable[[bytes], bytes], form: int = tarfile.PAX_FORMAT):
    def pack(files: Mapping[str, bytes]) -> bytes:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:", format=form) as file:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
        return compress(archive.getvalue())

    return pack


PACKERS: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "stored.zip": zipped(zipfile.ZIP_STORED),
    "deflated.zip": zipped(zipfile.ZIP_DEFLATED),
    "bzip2.zip": zipped(zipfile.ZIP_BZIP2),
    "lzma.zip": zipped(zipfile.ZIP_LZMA),
    "piped.zip": zipped(zipfile.ZIP_DEFLATED, Pipe),
    "pax.tar": tarred(bytes),
    "gnu.tar": tarred(bytes, tarfile.GNU_FORMAT),
    "a.tar.gz": tarred(lambda data: gzip.compress(data, mtime=0)),
    "a.tar.bz2": tarred(bz2.compress),
    "a.tar.xz": tarred(lzma.compress),
}
"""Bytes of an archive that holds some files, by a name that such an archive may have."""


def make_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    path.write_bytes(PACKERS["deflated.zip"](files))
    return path


def make_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def damaged(whole: bytes, seed: str, count: int) -> Iterator[bytes]:
    """Copies of `whole` with one to three damages each, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            place = chance.randrange(len(data)) if data else 0
            length = chance.choice([1, 2, 4, 16, 512])
            match chance.randrange(7):
                case 0 | 1 | 2 if data:
                    data[place] ^= 1 << chance.randrange(8)
                case 3:
                    data[place : place + length] = chance.randbytes(length)
                case 4:
                    data[place : place + length] = bytes(len(data[place : place + length]))
                case 5:
                    del data[place : chance.choice([place + length, len(data)])]
                case _:
                    data[place:place] = data[: chance.choice([length, len(data)])]
        if bytes(data) != whole:
            yield bytes(data)
