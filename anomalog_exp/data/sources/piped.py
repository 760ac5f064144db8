"""Logs that come once and cannot be read again: standard input, pipes, `<(...)`.

They are kept below the data root, in a folder named by a digest of their bytes, and are read from there.
A process asks for the same data set more than once, so it remembers what it has kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from filelock import FileLock

from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import MAKING, lock_path, made_once
from anomalog_exp.errors import DataError
from anomalog_exp.files import writing_to
from anomalog_exp.progress import Progress

__all__ = ["STDIN", "is_pipe", "kept_pipe", "pipe_name"]

_LOG = logging.getLogger(__name__)
_CHUNK: Final = 1 << 20

STDIN: Final = Path("-")
"""How people name standard input."""

_kept: dict[tuple[Path, int, int], Path] = {}
"""What this process has kept: data root, device and inode of the pipe -> the copy."""


def is_pipe(path: Path) -> bool:
    """Whether a path names what can be read once only."""
    return path == STDIN or path.is_fifo() or path.is_socket() or path.is_char_device()


def pipe_name(path: Path) -> str:
    """What people call a pipe: `stdin`, `fd63` for `<(...)`, or its own name."""
    if path == STDIN:
        return "stdin"
    return f"fd{path.name}" if path.name.isdigit() else path.name


def kept_pipe(path: Path, data_root: Path, key: str, progress: Progress) -> Path:
    """The file that holds what came through a pipe.

    Args:
        path: The pipe; `is_pipe` says so.
        data_root: Where the file goes.
        key: The config key that names the pipe, for messages.
        progress: Shows the bytes that come.

    Raises:
        DataError: it is a terminal or another device, or nothing comes.
    """
    name = pipe_name(path)
    try:
        with open(0, "rb", closefd=False) if path == STDIN else path.open("rb") as file:
            found = os.fstat(file.fileno())
            identity = (data_root, found.st_dev, found.st_ino)
            if identity in _kept and _kept[identity].is_file():
                return _kept[identity]
            if stat.S_ISCHR(found.st_mode):
                raise _nothing(key, path, "nothing is piped: it is a terminal or another device")
            _kept[identity] = _copied(file, name, data_root, progress)
    except OSError as error:
        if error.filename or path != STDIN:
            raise
        raise _nothing(key, path, f"it cannot be read ({error.strerror})") from error
    kept = _kept[identity]
    if kept.stat().st_size == 0:
        raise _nothing(key, path, "nothing came")
    _LOG.info("%s is kept as %s: name that file to run on it again", name, kept)
    return kept


def _copied(file: Any, name: str, data_root: Path, progress: Progress) -> Path:
    remove_leftovers(data_root)
    making = data_root / f"{MAKING}piped-{os.getpid()}"
    lock = lock_path(data_root / f"piped-{os.getpid()}")
    data_root.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        try:
            making.mkdir()
            copy = making / name
            with writing_to(data_root), copy.open("xb") as into:
                digest = _copy(file, into, name, progress)
            folder = data_root / f"piped-{digest[:12]}"
            made_once(folder, partial(_move, copy))
        finally:
            shutil.rmtree(making, ignore_errors=True)
    lock.unlink(missing_ok=True)  # nobody else asks for it: its name is that of this process
    return next(folder.iterdir())


def _move(file: Path, folder: Path) -> None:
    file.rename(folder / file.name)


def _copy(file: Any, into: BinaryIO, name: str, progress: Progress) -> str:
    """SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with progress.stage(f"keeping {name}", None, "B") as advance:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            into.write(chunk)
            advance(len(chunk))
    return digest.hexdigest()


def _nothing(key: str, path: Path, problem: str) -> DataError:
    return DataError.of(
        key,
        path,
        problem=problem,
        allowed="- with a log on standard input, a pipe, or the path of a file",
        fix="pipe a log into the command, as `cat app.log | ...`; for several runs save it in a file "
        "first, as a pipe can be read once",
    )
