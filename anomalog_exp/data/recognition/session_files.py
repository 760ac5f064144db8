"""Session files that nobody has listed: which part of a split each is, and whether sessions have ids.

Their names end as those of the published sets do: `_train`, `_test_normal`, `_test_abnormal`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from anomalog_exp.errors import ConfigError, DataError

__all__ = ["found_id_separator", "found_session_files"]

_PARTS: Final = {
    "train": {"split": "train", "label": 0},
    "test_normal": {"split": "test", "label": 0},
    "test_abnormal": {"split": "test", "label": 1},
}
"""What the end of a file's name says of its sessions."""

_NAME: Final = re.compile(
    rf"(?P<prefix>.*?)(?:^|[_.-])(?P<part>{'|'.join(_PARTS)})(?:\.(txt|csv|log))?"
)
_KEY: Final = "dataset.source.path"
_ALLOWED: Final = "PREFIX_train with PREFIX_test_normal, PREFIX_test_abnormal or both"
_SEPARATOR: Final = ","
_LOOKED_AT: Final = 1 << 20
"""Bytes of each file whose lines decide whether there are ids."""


def found_session_files(paths: Sequence[Path], root: Path) -> list[dict[str, Any]]:
    """The option `files` of session files: path, split and label of each, those that train first.

    Args:
        paths: The files of a folder, or those that were named.
        root: The folder that `files` name their paths from.

    Raises:
        ConfigError: these are no files of one set of sessions.
    """
    found = {path: match for path in paths if (match := _NAME.fullmatch(path.name))}
    prefixes = sorted({match["prefix"] for match in found.values()})
    if len(prefixes) > 1:
        raise ConfigError.of(
            _KEY,
            root,
            problem=f"several sets of sessions lie here: {', '.join(map(repr, prefixes))}",
            allowed="the files of one set",
            fix=f"name its folder, or its files by a pattern: {_KEY}='FOLDER/{prefixes[0]}_*'",
        )
    of_part = {match["part"]: path for path, match in found.items()}
    if "train" not in of_part or len(of_part) == 1 or len(of_part) < len(found):
        names = ", ".join(path.name for path in paths[:5]) or "nothing"
        raise ConfigError.of(
            _KEY,
            root,
            problem=f"no set of sessions is found; what is there: {names}",
            allowed=_ALLOWED,
            fix="unpack or rename the files, or list them in dataset.structured_parser.files",
        )
    return [
        {"path": str(of_part[part].relative_to(root)), **facts}
        for part, facts in _PARTS.items()
        if part in of_part
    ]


def found_id_separator(paths: Sequence[Path]) -> str | None:
    """The option `id_separator` of session files: a comma where each line has one, None where none has.

    Raises:
        DataError: some lines have an id and others have none, or what a comma means is not clear.
    """
    with_id: Path | None = None
    without: Path | None = None
    for path in paths:
        for line in _first_lines(path):
            if line.count(_SEPARATOR) > 1:
                raise _unclear(path, f"this line holds several commas: {line[:80]}")
            if _SEPARATOR in line:
                with_id = path
            else:
                without = path
        if with_id and without:
            raise _unclear(without, f"lines of {with_id.name} have an id, others have none")
    return _SEPARATOR if with_id else None


def _first_lines(path: Path) -> list[str]:
    """The lines at the beginning of a file that hold anything."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if len(head) == _LOOKED_AT:
        head = head[: head.rfind(b"\n") + 1]
    return [line for line in head.decode(errors="replace").split("\n") if line.strip()]


def _unclear(path: Path, problem: str) -> DataError:
    return DataError.of(
        "dataset.structured_parser.id_separator",
        path,
        problem=problem,
        allowed="lines `id,e1 e2 ...`, or lines `e1 e2 ...` throughout",
        fix="say which it is with dataset.structured_parser.id_separator (null: no ids)",
    )
