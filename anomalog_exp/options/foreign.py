"""Files from elsewhere, read as what they are said to be and as nothing else.

A file that somebody has sent may be a link to another one, a pipe that never ends, JSON that means one
thing to one reader and another to the next, or that nests until a reader falls over.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

__all__ = ["MOST_JSON", "foreign_json", "opened_file"]

MOST_JSON: Final = 1 << 28
"""Bytes of a file of JSON: what it becomes takes up to twenty times as many."""

_DEEPEST: Final = 64
"""Lists and objects within each other; what this program writes has a few."""


def opened_file(path: Path, most_bytes: int) -> BinaryIO:
    """An open file, which is none but a file.

    Raises:
        ValueError: it is a link, a folder, a pipe or a device, or it is larger than `most_bytes`.
        OSError: it cannot be opened.
    """
    try:
        # Without waiting: a pipe that nobody writes to would keep us for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError("it is a link") from error
        raise
    there = os.fstat(handle)
    if stat.S_ISREG(there.st_mode) and there.st_size <= most_bytes:
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISREG(there.st_mode):
        raise ValueError(f"it has {there.st_size:,} bytes, and {most_bytes:,} is the most")
    raise ValueError("it is no file")


def foreign_json(path: Path, most_bytes: int = MOST_JSON) -> Any:
    """What a file of JSON holds.

    Raises:
        ValueError: it is no file, too large, no UTF-8 or no JSON; or it names a key twice, holds NaN or
            infinity or half a character, or nests too deep.
        OSError: it cannot be read.
    """
    with opened_file(path, most_bytes) as stream:
        content = stream.read(most_bytes + 1)
    try:
        values = json.loads(
            content.decode(),
            object_pairs_hook=_once_each,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise ValueError(f"it nests deeper than {_DEEPEST}") from error
    _refuse_deep(values)
    if b"\\ud" in content.lower():
        json.dumps(values, ensure_ascii=False).encode()
    return values


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"it names the key {twice[:100]!r} twice")
    return values


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:100]} is larger than any float")
    return number


def _refuse_deep(values: Any) -> None:
    level = _containers([values])
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [
            inner
            for one in level
            for inner in _containers(one.values() if isinstance(one, dict) else one)
        ]
    raise ValueError(f"it nests deeper than {_DEEPEST}")


def _containers(values: Iterable[Any]) -> list[Any]:
    return [one for one in values if isinstance(one, dict | list)]
