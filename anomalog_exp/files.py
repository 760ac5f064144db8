"""Writing files whole or not at all, and knowing them again.

A reader never meets a half-written file, not even after the machine went down: the bytes are on the disk
before the name is.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from xxhash import xxh3_128

__all__ = [
    "content_digest",
    "remove_half_written",
    "replaced",
    "write_json",
    "write_text",
    "writing_to",
]

_CHUNK = 1 << 20
_BROKEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_SETTING = Lock()
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well.

    Raises:
        OSError: the disk is full or broken; it names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        with writing_to(path):
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            _on_disk(temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_half_written(folder: Path, name: str = "*") -> None:
    """Remove what killed processes left of files that `replaced` was to write, where nobody writes.

    Args:
        folder: Where the files are.
        name: Of one file, in a folder that also holds what is not ours.
    """
    for path in folder.glob(f".{name}.????????"):
        path.unlink(missing_ok=True)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Name the file or folder that is written where the disk is full or broken.

    Raises:
        OSError: with its number and `path`, whatever a library makes of it: polars writes the number
            into the text of any exception, NumPy how much could be written.
    """
    try:
        yield
    except Exception as error:
        named = _disk_error(error, path)
        if named is None:
            raise
        raise named from error


def _disk_error(error: Exception, path: Path) -> OSError | None:
    """The error that says all of it; None where it is not about the disk, or all of it is said."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _OS_ERROR.search(str(error))):
        number = int(found[1])
    if number is None and isinstance(error, OSError):
        return OSError(errno.EIO, f"not all of it could be written ({error})", str(path))
    if number not in _BROKEN or (isinstance(error, OSError) and error.filename):
        return None
    return OSError(number, os.strerror(number), str(path))


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step; its folder is made if need be."""
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, payload: object) -> None:
    """Replace `path` by readable JSON with sorted keys; NaN and infinity are refused."""
    text = json.dumps(payload, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def content_digest(path: Path) -> str:
    """XXH3-128 of a file's content, 32 hex digits.

    It finds damage and edits at the speed of memory (https://xxhash.com). Who means to deceive can write
    another digest too: the identity of data is its SHA-256.
    """
    digest, buffer = xxh3_128(), bytearray(_CHUNK)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            digest.update(memoryview(buffer)[:size])
    return digest.hexdigest()


def _on_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's mask of permissions, which can only be read by setting it: one thread at a time."""
    with _SETTING:
        mask = os.umask(0)
        os.umask(mask)
    return mask
