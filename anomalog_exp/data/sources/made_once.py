"""Folders that are made once, whole or not at all, by whoever asks first.

A folder is made under another name and takes its own when it is whole; a lock of its own lets one
process make it while others wait. The lock ends with its process, the half-made folder does not: the
next one who asks for the folder begins it anew.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock

__all__ = ["MAKING", "copy_name", "lock_path", "made_once"]

MAKING: Final = ".making-"
"""Prefix of a folder that is not whole yet."""

_LONGEST: Final = 100


def copy_name(path: Path) -> str:
    """The name of a folder for what is made of a file: another one for every edit or replacement.

    It holds a digest of the file's path, size, times and inode, so that a replaced file has another one
    even where it has the same size and time stamp.
    """
    stat = path.stat()
    identity = f"{path}-{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"
    return (
        f"{path.name.split('.')[0][:_LONGEST]}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    )


def lock_path(path: Path) -> Path:
    """The lock of whoever makes the file or folder `path`."""
    return path.with_name(f".{path.name}.lock")


def made_once(target: Path, make: Callable[[Path], None]) -> None:
    """Make the folder `target`, if it is not there.

    Args:
        target: The folder; those above it are made if need be.
        make: Fills the empty folder that it is called with. If it raises, nothing is left.
    """
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock_path(target)):
        if target.is_dir():
            return
        making = target.with_name(f"{MAKING}{target.name}")
        shutil.rmtree(making, ignore_errors=True)  # what a killed process left
        making.mkdir()
        try:
            make(making)
            making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
