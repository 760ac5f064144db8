"""Which files of a folder are logs, and how they are named to a run."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.data.sources.rotation import log_name

__all__ = ["log_names", "logs_in", "logs_of_folders", "others_in", "paths_of"]

_NAMES: Final = frozenset(
    [
        "auth",
        "boot",
        "cron",
        "daemon",
        "debug",
        "dmesg",
        "kern",
        "mail",
        "maillog",
        "messages",
        "secure",
        "stderr",
        "stdout",
        "syslog",
        "user",
    ]
)
"""Of logs without an ending."""

_ENDINGS: Final = (
    (".log", "_log", ".jsonl", ".ndjson", ".logfmt", ".out", ".err"),
    (".txt", ".json", ".csv", ".tsv"),
)
"""Of logs; the second ones may as well be something else beside logs."""

_GLANCE_BYTES: Final = 1 << 12


def logs_in(folder: Path) -> list[Path]:
    """Files that are named as logs are, at any depth; where none is, all that are not hidden."""
    visible = [*_visible(folder)]
    for nth, endings in enumerate(_ENDINGS):
        named = [
            one
            for one in visible
            if log_name(one).lower().endswith(endings) or (nth == 0 and log_name(one) in _NAMES)
        ]
        if named:
            return named
    return visible


def others_in(folder: Path) -> list[Path]:
    """Files of text below a folder that are not among its logs; empty ones are no loss."""
    logs = {*logs_in(folder)}
    return [one for one in _visible(folder) if one not in logs and _is_text(one)]


def _visible(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in inside):
            yield path


def _is_text(file: Path) -> bool:
    with file.open("rb") as opened:
        begin = opened.read(_GLANCE_BYTES)
    return bool(begin) and b"\0" not in begin


def _is_found(files: Sequence[Path]) -> bool:
    """Whether a run finds a log by its folder: the only one there, by the name that most have."""
    logs = {path.with_name(log_name(path)) for path in files}
    return len(logs) <= 1 and all(path.name.endswith(_ENDINGS[0][0]) for path in logs)


def log_names(files: Sequence[Path]) -> set[str]:
    """The names of the logs that files are parts of."""
    return {log_name(path) for path in files}


def paths_of(folder: Path, files: Sequence[Path]) -> list[str]:
    """What names all logs of a folder to `dataset.source.path`: a pattern, if it names no others."""
    pattern = f"{glob.escape(str(folder))}/**"
    found = (Path(one) for one in glob.glob(pattern, recursive=True))  # noqa: PTH207
    same = {one for one in found if one.is_file()} == set(files)
    return [pattern] if same else [*map(str, files)]


def logs_of_folders(path: Path) -> tuple[list[Path], list[Path]]:
    """What names all logs of a folder that holds several, or of each folder that a pattern names.

    Everything else is as it was: `dataset.source.path` takes files, patterns of them, and a folder with
    one log.

    Returns:
        That, and the files of text in these folders that are left out.
    """
    folders = [path]
    if not path.exists():
        matches = [Path(one) for one in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
        folders = matches if all(one.is_dir() for one in matches) else []
    several = [(folder, logs_in(folder)) for folder in folders if folder.is_dir()]
    others = [other for folder, _ in several for other in others_in(folder)]
    if len(several) <= 1 and all(_is_found(files) for _, files in several):
        return [path], others
    return [Path(one) for folder, files in several for one in paths_of(folder, files)], others
