"""Logs that come once and cannot be read again: standard input, pipes, `<(...)`.

They are kept below the data root, in a folder named by a digest of their bytes, and are read from there.
A run asks for the same log more than once, and the members of a sweep share their standard input. So a
lock lets one process read a pipe while others wait, and a note says what has come through it: whoever
finds the pipe empty takes that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import time
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from filelock import FileLock

from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import MAKING, lock_path, made_once
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_text, writing_to
from anomalog_exp.progress import Progress

__all__ = ["STDIN", "is_pipe", "kept_pipe", "pipe_name"]

_LOG = logging.getLogger(__name__)
_CHUNK: Final = 1 << 20

STDIN: Final = Path("-")
"""How people name standard input."""

_NOTE: Final = ".pipe-"
_NOTE_LASTS_S: Final = 7 * 86_400
_read: dict[tuple[int, int], Path] = {}
"""What this process has read, by device and inode: a named pipe that is opened again may never end."""


def is_pipe(path: Path) -> bool:
    """Whether a path names what can be read once only."""
    return path == STDIN or path.is_fifo() or path.is_char_device()


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
    try:
        found = os.fstat(0) if path == STDIN else path.stat()
        if stat.S_ISCHR(found.st_mode):
            raise _nothing(key, path, "nothing is piped: it is a terminal or another device")
        pipe = (found.st_dev, found.st_ino)
        kept = _read.get(pipe)
        if kept is None or not kept.is_relative_to(data_root) or not kept.is_file():
            kept = _read[pipe] = _kept_once(path, pipe, data_root, key, progress)
    except OSError as error:
        if error.filename or path != STDIN:
            raise
        raise _nothing(key, path, f"it cannot be read ({error.strerror})") from error
    return kept


def _kept_once(
    path: Path, pipe: tuple[int, int], data_root: Path, key: str, progress: Progress
) -> Path:
    """The copy of a pipe, made now or by the process that was first to read it."""
    remove_leftovers(data_root)
    data_root.mkdir(parents=True, exist_ok=True)
    note = data_root / f"{_NOTE}{pipe[0]}-{pipe[1]}"
    with FileLock(lock_path(note)):
        with open(0, "rb", closefd=False) if path == STDIN else path.open("rb") as file:
            kept = _copied(file, pipe_name(path), data_root, progress)
        if kept is not None:
            for old in data_root.glob(f"{_NOTE}*"):
                if time.time() - old.stat().st_mtime > _NOTE_LASTS_S:
                    old.unlink(missing_ok=True)
            write_text(note, str(kept.relative_to(data_root)))
            _LOG.info("%s is kept as %s: name that file to run on it again", path, kept)
            return kept
        noted = data_root / note.read_text(encoding="utf-8") if note.is_file() else note
    if not noted.is_file():
        raise _nothing(key, path, "nothing came")
    return noted


def _copied(file: Any, name: str, data_root: Path, progress: Progress) -> Path | None:
    """The copy of what comes; None where nothing does."""
    target = data_root / f"piped-{os.getpid()}"
    making = target.with_name(f"{MAKING}{target.name}")
    lock = lock_path(target)
    with FileLock(lock):
        try:
            making.mkdir()
            copy = making / name
            with writing_to(data_root), copy.open("xb") as into:
                digest = _copy(file, into, name, progress)
            if copy.stat().st_size == 0:
                return None
            folder = data_root / f"piped-{digest[:12]}"
            made_once(folder, partial(_move, copy))
        finally:
            shutil.rmtree(making, ignore_errors=True)
            lock.unlink(missing_ok=True)  # nobody else asks for it: it is named by this process
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
