"""Arrays with a number for every event, which no memory bounds: the long ones are mapped files.

A log of 200 million events has columns of 1.6 GB, and what is computed of them is as long. An array of
more than 4 million numbers is a file without a name in a folder for temporary files, mapped into memory:
the system keeps the pages that are in use and writes the others back, and the file is gone with the
array or with the process, however that ends. Shorter arrays are in memory as any other. What fills such
an array computes a portion at a time, so that nothing else is as long as the log.

The folder is `TMPDIR`, else `/var/tmp`, which is on a disk where `/tmp` is often memory (Filesystem
Hierarchy Standard 3.0, section 5.15).
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import get_index_dtype

from anomalog_exp.files import writing_to

__all__ = [
    "PORTION",
    "counted",
    "empty",
    "gathered",
    "joined",
    "portions",
    "positions",
    "running_count",
]

PORTION = 1 << 22
"""Numbers that are computed at a time, and beyond which an array is a file."""

_DISK = "/var/tmp"
_ZEROS = bytes(1 << 20)

Scalar = TypeVar("Scalar", bound=np.generic)


def empty(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """(size,) numbers that may be anything yet.

    Raises:
        OSError: the disk is full; it names the folder.
    """
    if size <= PORTION:
        return np.empty(size, dtype=dtype)
    folder = _folder()
    length = int(size) * np.dtype(dtype).itemsize
    with writing_to(folder), tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        _reserve(file.fileno(), length)
        return np.frombuffer(mmap.mmap(file.fileno(), length), dtype=dtype)


def portions(size: int) -> Iterator[slice]:
    """Slices that cover so many numbers in turn, `PORTION` at a time."""
    for begin in range(0, int(size), PORTION):
        yield slice(begin, min(begin + PORTION, int(size)))


def positions(size: int) -> NDArray[np.int64]:
    """(size,) int64, 0 to size - 1."""
    filled = empty(size, np.int64)
    for part in portions(size):
        filled[part] = np.arange(part.start, part.stop)
    return filled


def gathered(column: NDArray[Scalar], at: NDArray[np.integer]) -> NDArray[Scalar]:
    """(len(at),) the values of a column at some places."""
    filled = empty(len(at), column.dtype)
    for part in portions(len(at)):
        filled[part] = column[at[part]]
    return filled


def joined(parts: Iterable[NDArray[Scalar]], size: int, dtype: DTypeLike) -> NDArray[Scalar]:
    """(size,) arrays that are made in turn, one after the other."""
    filled = empty(size, dtype)
    begin = 0
    for part in parts:
        filled[begin : begin + len(part)] = part
        begin += len(part)
    if begin != size:
        raise ValueError(f"{begin} numbers came, not {size}")
    return filled


def running_count(marked: Callable[[slice], NDArray[np.bool_]], size: int) -> NDArray[Any]:
    """(size + 1,) integers, how many of the numbers before each place are marked.

    Args:
        marked: Which are, of a slice.
        size: How many numbers there are.
    """
    # The narrowest type that holds them: there is one per event.
    running = empty(size + 1, get_index_dtype(maxval=size))
    running[0] = 0
    for part in portions(size):
        after = running[part.start + 1 : part.stop + 1]
        np.cumsum(marked(part), out=after, dtype=running.dtype)
        after += running[part.start]
    return running


def counted(codes: NDArray[np.integer], kinds: int) -> NDArray[np.int64]:
    """(kinds,) int64, how often each code from 0 to kinds - 1 is there."""
    count = np.zeros(kinds, dtype=np.int64)
    for part in portions(len(codes)):
        count += np.bincount(codes[part], minlength=kinds)
    return count


def _folder() -> Path:
    if "TMPDIR" not in os.environ and os.access(_DISK, os.W_OK):
        return Path(_DISK)
    return Path(tempfile.gettempdir())


def _reserve(file: int, length: int) -> None:
    """Take the room on the disk now: a full one would end the process by SIGBUS later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, length)
        return
    while length > 0:
        length -= os.write(file, _ZEROS[:length])
