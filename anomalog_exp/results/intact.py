"""Whether the files of a run dir are still those that its run wrote.

`status.json`, written last, holds a digest of every other file (XXH3-128). `tracking.json` belongs to
the tracker, which writes it later; `report.html` and `figures/` can be made again from the others;
hidden files are what a kill left of writing one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from anomalog_exp.errors import DataError
from anomalog_exp.files import content_digest
from anomalog_exp.results.paths import ResultPaths

__all__ = ["file_digests", "misfits", "read_status"]

_STATUSES = ("running", "done", "skipped", "failed", "killed")
_DIGESTS = ("config_fingerprint", "data_digest", "code_digest")


def file_digests(paths: ResultPaths) -> dict[str, str]:
    """The digest of each file in the run dir, by its path there."""
    drawn = {paths.page_path, paths.figures_dir}
    others = {paths.status_path, paths.tracking_path, paths.attempts_dir} | drawn
    return {
        path.relative_to(paths.run_dir).as_posix(): content_digest(path)
        for path in _files(paths.run_dir, others)
    }


def misfits(paths: ResultPaths, digests: Mapping[str, str]) -> list[str]:
    """What does not fit, as in `metrics.json has changed`; nothing where every file is as written."""
    found = (_misfit(paths.run_dir / name, name, digest) for name, digest in digests.items())
    return [misfit for misfit in found if misfit is not None]


def read_status(paths: ResultPaths) -> dict[str, Any]:
    """What `status.json` says; its `files` are missing while the run lasts, and where they never were.

    Raises:
        FileNotFoundError: there is none.
        DataError: it is not what a run writes.
    """
    try:
        status = json.loads(paths.status_path.read_bytes())
    except (ValueError, RecursionError):
        status = None
    if not _is_status(status):
        raise DataError.of(
            paths.status_path.name,
            paths.status_path,
            problem="it is damaged: no run writes such a file",
            allowed="the file that a run writes last",
            fix="put the file back, or type the command of the run again",
        )
    return dict(status)


def _files(folder: Path, others: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path in others or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path, others)
        elif path.is_file():
            yield path


def _misfit(path: Path, name: str, digest: str) -> str | None:
    if not path.is_file():
        return f"{name} is missing"
    try:
        same = content_digest(path) == digest
    except OSError as error:
        return f"{name} cannot be read ({error.strerror})"
    return None if same else f"{name} has changed"


def _is_status(status: object) -> bool:
    if not isinstance(status, dict) or status.get("status") not in _STATUSES:
        return False
    if not isinstance(status.get("reason"), str | None):
        return False
    files = status.get("files", {})
    return (
        all(isinstance(status.get(name), str) for name in _DIGESTS)
        and isinstance(files, dict)
        and all(isinstance(digest, str) for digest in files.values())
        and all(_is_inside(PurePosixPath(name)) for name in files)
    )


def _is_inside(name: PurePosixPath) -> bool:
    return bool(name.parts) and not name.is_absolute() and ".." not in name.parts
