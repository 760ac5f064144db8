"""Ways in which a file can be spoilt."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

__all__ = ["DAMAGES", "damage"]

_PAGE = 512


def _flipped(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _zeroed(data: bytearray, chance: random.Random) -> None:
    pages = range(0, len(data), _PAGE)
    filled = [begin for begin in pages if any(data[begin : begin + _PAGE])]
    begin = chance.choice(filled or list(pages))
    data[begin : begin + _PAGE] = bytes(len(data[begin : begin + _PAGE]))


def _garbled(data: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(data))
    length = min(chance.choice([1, 4, 64, _PAGE]), len(data) - begin)
    data[begin : begin + length] = chance.randbytes(length)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _longer(data: bytearray, chance: random.Random) -> None:
    data.extend(chance.choice([b"x", b"\0" * _PAGE, chance.randbytes(_PAGE)]))


_IN_PLACE: dict[str, Callable[[bytearray, random.Random], None]] = {
    "a flipped bit": _flipped,
    "a zeroed page": _zeroed,
    "garbled bytes": _garbled,
    "cut off": _cut,
    "made longer": _longer,
}
DAMAGES = (*_IN_PLACE, "emptied", "removed", "a folder", "a dangling link")
"""Names of the ways; those before `emptied` change a file's content, and need one."""


def damage(path: Path, how: str, chance: random.Random) -> None:
    """Spoil a file, or a folder where that is possible."""
    if how in _IN_PLACE and path.is_file() and path.stat().st_size:
        data = bytearray(path.read_bytes())
        _IN_PLACE[how](data, chance)
        path.write_bytes(data)
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        if how == "emptied":
            path.mkdir()
        elif how in ("a folder", *_IN_PLACE):
            path.write_bytes(b"a file")
    else:
        path.unlink()
        if how == "emptied" or how in _IN_PLACE:
            path.touch()
        elif how == "a folder":
            path.mkdir()
    if how == "a dangling link":
        path.symlink_to("nowhere")
