"""Knowing a file again: by its inode, and by what stands in it.

What rotates a log renames it, or copies it and cuts it to nothing. A renamed file is known by its device
and inode, a copy by its first bytes and by those before the place up to which it was read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from anomalog_exp.data.sources.rotation import by_age, log_name, unpacked_name
from anomalog_exp.following.pieces import Piece

__all__ = ["Mark", "identity_of", "parts_since"]

_BEFORE_BYTES = 1024


@dataclass(frozen=True)
class Mark:
    """A place in a file.

    Attributes:
        device: Of the file.
        inode: Of the file.
        offset: Up to which it was read.
        head_bytes: How many of its first bytes `head` is of.
        head: Their SHA-256.
        before_bytes: How many bytes before the place `before` is of.
        before: Their SHA-256.
    """

    device: int
    inode: int
    offset: int
    head_bytes: int
    head: str
    before_bytes: int
    before: str

    @classmethod
    def behind(cls, piece: Piece) -> Self:
        """The place where a piece of a file ends."""
        head, before = piece.input.head[: piece.end], piece.held[-_BEFORE_BYTES:]
        return cls(
            *piece.input.identity, piece.end, len(head), _digest(head), len(before), _digest(before)
        )

    @classmethod
    def at_begin(cls, identity: tuple[int, int]) -> Self:
        """The begin of a file."""
        return cls(*identity, 0, 0, _digest(b""), 0, _digest(b""))

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The mark that `to_json` gave."""
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    def is_in(self, path: Path) -> bool:
        """Whether a file has what was read, up to the place, whatever its inode."""
        with suppress(OSError), path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self.offset:
                return False
            head = file.read(self.head_bytes)
            file.seek(self.offset - self.before_bytes)
            return _digest(head) == self.head and (
                _digest(file.read(self.before_bytes)) == self.before
            )
        return False

    def is_of(self, path: Path) -> bool:
        """Whether this is the file itself, and it still has what was read."""
        return identity_of(path) == (self.device, self.inode) and self.is_in(path)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file; None where there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def parts_since(mark: Mark, log: Path) -> list[Path] | None:
    """The files to read on: the one of the mark, those that came after it, and the log itself.

    Args:
        mark: Up to where the log was read.
        log: The path that is followed.

    Returns:
        None where no file has the mark.
    """
    if mark.is_of(log):
        return [log]
    parts = [path for path in by_age(_parts(log)) if path != log]
    renamed = [path for path in parts if mark.is_of(path)]
    copies = [path for path in parts if mark.offset and mark.is_in(path)]
    for first in [*renamed, *copies]:
        return [*parts[parts.index(first) :], log]
    return None


def _parts(log: Path) -> Iterator[Path]:
    """The files that a log was rotated into, but for those that are compressed."""
    name = log_name(log)
    with suppress(OSError):
        for path in sorted(log.parent.iterdir()):
            plain = unpacked_name(path) == path.name
            if plain and log_name(path) == name and path.is_file():
                yield path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
