"""What becomes of an older result when its run begins again: it goes to `attempts/<n>`, whole.

Its files get a second name in a hidden folder, which then takes its number in one step; only then does
the run dir change, its status first. So a kill at any moment leaves the older result whole in one place
at least, and the next start has nothing to mend.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from anomalog_exp.errors import DataError
from anomalog_exp.files import remove_half_written, replaced
from anomalog_exp.results.intact import file_digests, read_status
from anomalog_exp.results.paths import ResultPaths

__all__ = ["empty", "keep_older_result", "remove_leftovers"]

_UNFINISHED = ".unfinished"


def keep_older_result(paths: ResultPaths) -> None:
    """Copy what the run dir holds to `attempts/<n>`, if it is a result and not there yet."""
    if not _is_result(paths):
        return
    attempts = paths.attempts_dir
    numbers = [int(path.name) for path in attempts.glob("*") if path.name.isdecimal()]
    last = max(numbers, default=0)
    if last and _same(paths, ResultPaths.in_dir(attempts / str(last))):
        return
    unfinished = attempts / _UNFINISHED
    hidden = shutil.ignore_patterns(attempts.name, ".*")
    shutil.copytree(paths.run_root, unfinished, ignore=hidden, copy_function=_linked)
    unfinished.rename(attempts / str(last + 1))


def empty(paths: ResultPaths) -> None:
    """Remove all that is in a run dir but its status and its older attempts."""
    for path in paths.run_root.iterdir():
        if path not in (paths.status_path, paths.attempts_dir):
            shutil.rmtree(path) if _is_folder(path) else path.unlink()


def remove_leftovers(paths: ResultPaths) -> None:
    """Remove what killed processes have left half-written; the run's lock is held."""
    shutil.rmtree(paths.attempts_dir / _UNFINISHED, ignore_errors=True)
    remove_half_written(paths.run_root)


def _is_result(paths: ResultPaths) -> bool:
    """Whether a run dir holds what is worth keeping; a damaged status may stand beside a result."""
    try:
        return bool(read_status(paths)["status"] == "done")
    except FileNotFoundError:
        return paths.run_root.is_dir() and bool(file_digests(paths))
    except DataError:
        return True


def _same(paths: ResultPaths, attempt: ResultPaths) -> bool:
    """Whether an attempt is this result, kept before a kill: each result bears the time of its end."""
    return file_digests(paths) == file_digests(attempt)


def _linked(source: str, target: str) -> None:
    """One more name of a file; a copy where the disk knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        with replaced(Path(target)) as copy:
            shutil.copy2(source, copy)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
