"""The files that paths, patterns and folders name, in the order in which they are read."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.data.sources.find_log import find_log
from anomalog_exp.data.sources.piped import STDIN, is_pipe
from anomalog_exp.data.sources.rotation import by_age
from anomalog_exp.errors import DataError
from anomalog_exp.options.local_path import local_path

__all__ = ["named_files"]

_MOST: Final = 10_000
"""More files are a slip of a pattern: each costs a look at its begin, and a name in the result."""


def named_files(named: Sequence[Path], raw_logs_relpath: Path | None, key: str) -> list[Path]:
    """Log files and pipes, each once.

    They stand as they are named, those of a pattern by their names, and parts of one rotated log by age.

    Args:
        named: Files, pipes, folders, patterns with `*`, `?`, `[...]` or `**`.
        raw_logs_relpath: The log in a folder, relative to it; None: the only one there.
        key: The config key that names them, for messages.

    Raises:
        DataError: something that is named is not there, or a folder holds no log or several.
    """
    files: list[Path] = []
    for path in named:
        files += _files(path, raw_logs_relpath, key)
        if len(files) > _MOST:
            raise DataError.of(
                key,
                path,
                problem=f"there are more than {_MOST:,} files",
                allowed=f"at most {_MOST:,} files in one data set",
                fix="name fewer, or put them together: `cat logs/*.log > all.log`",
            )
    same: dict[str, Path] = {}
    for path in files:
        same.setdefault(os.path.realpath(path), path)
    return by_age(same.values())


def _matches(path: Path) -> list[str]:
    return glob.glob(str(path), recursive=True)  # noqa: PTH207  # which would show hidden files


def _files(named: Path, raw_logs_relpath: Path | None, key: str) -> list[Path]:
    if named == STDIN:
        return [named]
    path = local_path(named, key)
    if path.is_file():
        # A shell's redirection has a name of its own, which another process knows nothing of.
        return [path.resolve() if path.parts[1:2] in (("dev",), ("proc",)) else path]
    if is_pipe(path):
        return [path]
    if path.is_dir():
        return find_log(path, raw_logs_relpath, key)
    matches = (Path(match) for match in sorted(_matches(path)))
    if files := [match for match in matches if match.is_file()]:
        return files
    is_pattern = glob.has_magic(str(path))
    raise DataError.of(
        key,
        named,
        problem="no file is named so" if is_pattern else "there is no such file or folder",
        allowed="the log file, the folder that holds it, or a pattern such as logs/*.log",
        fix=f"mend the path; it was looked for at {path}",
    )
