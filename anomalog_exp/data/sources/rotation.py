"""Rotated logs: which files are parts of one log, and in which order they were written.

What rotates a log leaves the live file its name and gives older parts a number (`app.log.1`, the larger
the older), a date (`app.log-20240501`, `app-2024-05-01.log`, the later the younger) or both
(`app-2024-05-01.2.log`: on one day the larger number is the younger). Their names say the order,
whatever times the files have: to copy or unpack them changes those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["by_age", "log_name", "unpacked_name"]

_PACKED: Final = re.compile(r"\.(?:gz|bz2|xz|zst|zstd)$")
_NUMBERED: Final = re.compile(r"(?P<log>.*\D)\.(?P<number>\d{1,4}|old)")
_TIME: Final = r"(?:[-_T.]?\d\d(?:[-:_]?\d\d){0,2})?"
_DATED: Final = re.compile(
    rf"(?P<begin>.+?)[-._](?P<date>(?:19|20)\d\d(?P<dash>-?)(?:0\d|1[0-2])(?P=dash)[0-3]\d{_TIME})"
    r"(?:[-._](?P<number>\d{1,4}))?(?P<end>\.[A-Za-z]+)?"
)
_LIVE: Final = "~"
"""Stands in place of a date, behind all of them."""


class _Part(NamedTuple):
    """A file as a part of a log: parts of one log sort by age, the oldest first."""

    log: str
    date: str
    number: int


def log_name(path: Path) -> str:
    """The name of the log that a file is a part of: `app.log` for `app.log.2.gz`."""
    return _part(path).log


def unpacked_name(path: Path) -> str:
    """The name of a file without the ending of its compression."""
    return _PACKED.sub("", path.name)


def by_age(paths: Iterable[Path]) -> list[Path]:
    """The same files; those of one log follow each other, the oldest first.

    A log stands where its first file stood.
    """
    logs: dict[tuple[Path, str], list[tuple[_Part, Path]]] = {}
    for path in paths:
        part = _part(path)
        logs.setdefault((path.parent, part.log), []).append((part, path))
    return [path for parts in logs.values() for _, path in sorted(parts)]


def _part(path: Path) -> _Part:
    name = unpacked_name(path)
    if dated := _DATED.fullmatch(name):
        date = re.sub(r"\D", "", dated["date"]).ljust(14, "0")
        return _Part(dated["begin"] + (dated["end"] or ""), date, int(dated["number"] or 0))
    if numbered := _NUMBERED.fullmatch(name):
        number = 1 if numbered["number"] == "old" else int(numbered["number"])
        return _Part(numbered["log"], _LIVE, -number)
    return _Part(name, _LIVE, 0)
