"""What killed processes left in the folder of a data set, removed where it is certainly of no use.

Whoever makes a folder or downloads an archive holds a lock that ends with its process. A half-made
folder whose lock exists and is free has no maker any more, so it goes. A part of a download is worth
its bytes as long as it can be continued: it goes when its archive is there, or when nobody knows where
it came from. Without a lock nobody knows whose a file is, and it stays.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from anomalog_exp.data.sources.made_once import MAKING, lock_path
from anomalog_exp.data.sources.part import Part

__all__ = ["remove_leftovers"]


def remove_leftovers(folder: Path) -> None:
    """Remove half-made folders and useless parts of downloads that nobody works on any more."""
    for making in folder.glob(f"{MAKING}*"):
        lock = lock_path(folder / making.name.removeprefix(MAKING))
        if lock.is_file():
            with suppress(Timeout), FileLock(lock, timeout=0):
                shutil.rmtree(making, ignore_errors=True)
    for part in Part.all_in(folder):
        lock = lock_path(part.archive)
        if lock.is_file():
            with suppress(Timeout), FileLock(lock, timeout=0):
                if part.archive.exists() or part.origin() is None:
                    part.remove()
