"""Archives of arrays from elsewhere, looked through before anything in them is unpacked.

What a zip archive says of its members decides how much memory they take. One passes whose members are
arrays as large as their shapes say, which together inflate to no more than arrays do. Archives in it, as
skops makes them of sparse matrices, count likewise.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from typing import IO, BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

__all__ = ["MOST_BYTES", "refuse_unsound"]

MOST_BYTES: Final = 1 << 31
"""Of an archive: that of a judge on one machine is smaller."""

_FREELY: Final = 1 << 30
"""Bytes that any archive may inflate to."""

_TIMES: Final = 20
"""So many times its own size a larger one may inflate to; zeros alone shrink a thousandfold."""

_ARRAY, _ARCHIVE = b"\x93NUMPY", b"PK\x03\x04"


def refuse_unsound(stream: BinaryIO, others: Collection[str] = ()) -> None:
    """See that an archive holds arrays of numbers, of the sizes that it says.

    Args:
        stream: The archive; it stands at its begin behind this, too.
        others: Names of members that are no arrays.

    Raises:
        ValueError: it does not.
        OSError, RuntimeError, zipfile.BadZipFile, zlib.error: it cannot be read.
    """
    size = stream.seek(0, io.SEEK_END)
    _inflated(stream, max(_FREELY, _TIMES * size), others, nested=True)
    stream.seek(0)


def _inflated(stream: BinaryIO, most: int, others: Collection[str], *, nested: bool) -> int:
    """The bytes that all members take; see `refuse_unsound`."""
    size = stream.seek(0, io.SEEK_END)
    with ZipFile(stream) as archive:
        members = archive.infolist()
        if len({one.filename for one in members}) < len(members):
            raise ValueError("two of its members have one name")
        if any(one.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for one in members):
            raise ValueError("it is compressed in a way that is not used here")
        if sum(one.compress_size for one in members) > size:
            raise ValueError("its members are larger than itself")
        total = sum(one.file_size for one in members)
        _refuse_more(total, most)
        for one in members:
            with archive.open(one) as member:
                begin = member.read(len(_ARRAY))
            if begin == _ARRAY:
                with archive.open(one) as member:
                    _refuse_other_size(one, member)
            elif nested and begin.startswith(_ARCHIVE):
                total += _inflated(io.BytesIO(archive.read(one)), most - total, (), nested=False)
            elif one.filename not in others:
                raise ValueError(f"{_name(one)} is no array of numbers")
    return total


def _refuse_more(total: int, most: int) -> None:
    if total > most:
        raise ValueError(f"it would inflate to {total:,} bytes, and {most:,} is the most")


def _refuse_other_size(info: ZipInfo, member: IO[bytes]) -> None:
    """See that an array is as long as its shape says, and holds numbers."""
    header = np.lib.format
    version = header.read_magic(member)
    read = {(1, 0): header.read_array_header_1_0, (2, 0): header.read_array_header_2_0}
    if version not in read:
        raise ValueError(f"{_name(info)} has a format that is not used here: {version}")
    shape, _, dtype = read[version](member)
    if dtype.hasobject:
        raise ValueError(f"{_name(info)} is no array of numbers, but of objects")
    if math.prod(shape) * dtype.itemsize != info.file_size - member.tell():
        raise ValueError(f"{_name(info)} has not the size of {dtype} of shape {shape}, as it says")


def _name(info: ZipInfo) -> str:
    return info.filename.removesuffix(".npy")[:100]
