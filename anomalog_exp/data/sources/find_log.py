"""The log in a folder: one file, or all parts of a rotated one."""

from __future__ import annotations

from pathlib import Path

from anomalog_exp.data.sources.rotation import by_age, log_name
from anomalog_exp.errors import DataError

__all__ = ["find_log"]

_SHOWN = 20


def find_log(root: Path, raw_logs_relpath: Path | None, key: str | None = None) -> list[Path]:
    """The log below `root`: the named file, or the only log named `*.log` of those nearest to `root`.

    Parts of a rotated log (see `rotation`) are one log. Hidden files and files in hidden folders, such
    as our own cache, are passed over.

    Args:
        root: A folder.
        raw_logs_relpath: The log, relative to it; None: the only one there.
        key: The config key that names the folder, and may name the log itself; None where none may.

    Returns:
        Its parts, the oldest first.

    Raises:
        DataError: there is no such file, or several could be the log.
    """
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    visible = sorted(path for path in files if not any(part[0] == "." for part in path.parts))
    logs: dict[Path, list[Path]] = {}
    if raw_logs_relpath is not None:
        if (root / raw_logs_relpath).is_file():
            return [root / raw_logs_relpath]
        problem = f"there is no such file in {root}"
    else:
        depth = min((len(path.parts) for path in visible if _is_log(path)), default=0)
        for path in by_age(path for path in visible if len(path.parts) == depth and _is_log(path)):
            logs.setdefault(path.with_name(log_name(path)), []).append(root / path)
        if len(logs) == 1:
            return next(iter(logs.values()))
        problem = f"{len(logs)} files in {root} could be the log, which are named *.log"
    names = [str(path) for path in logs or visible]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    allowed = (", ".join(names[:_SHOWN]) + more) or "a file; the folder is empty"
    if key is None or raw_logs_relpath is not None:
        raise DataError.of(
            "dataset.source.raw_logs_relpath",
            raw_logs_relpath,
            problem=problem,
            allowed=allowed,
            fix="name the log, relative to that folder",
        )
    one = f"name the log itself, as {root / names[0]}" if names else "name another folder"
    several = f", or several by a pattern, as '{root}/*.log'" if len(logs) > 1 else ""
    raise DataError.of(key, root, problem=problem, allowed=allowed, fix=f"{one}{several}")


def _is_log(path: Path) -> bool:
    return log_name(path).endswith(".log")
