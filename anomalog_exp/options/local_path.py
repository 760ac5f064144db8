"""A path that a user names, made absolute."""

from __future__ import annotations

from pathlib import Path

from anomalog_exp.errors import DataError

__all__ = ["local_path"]


def local_path(path: Path, key: str) -> Path:
    """The path from the root of the disk, with `~` and `~user` replaced.

    Raises:
        DataError: there is no such user.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise DataError.of(
            key,
            path,
            problem=f"nobody on this machine has the home {path.parts[0]}",
            allowed="a path; ~ is your home, and ~name that of another user",
            fix=f"name the folder itself, or ./{path} for a file of that name",
        ) from error
