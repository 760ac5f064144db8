"""What zip and tar archives have in common: members, one after the other, and how far they may go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["CHUNK", "MAX_DESCRIPTION", "MAX_MEMBERS", "Member", "Refused", "check_number"]

MAX_MEMBERS: Final = 10_000
"""An archive of more members is refused: logs come in a few files, and each one costs time and room."""

MAX_DESCRIPTION: Final = 1 << 16
"""Bytes that may describe one member: its name, its times and the like. They are held in memory."""

CHUNK: Final = 1 << 20
"""Bytes that are unpacked at once."""


class Refused(Exception):
    """An archive that may be whole and is not unpacked, for the stated reason."""


def check_number(members: int) -> None:
    """See that there are not too many members.

    Raises:
        Refused: there are.
    """
    if members > MAX_MEMBERS:
        raise Refused(f"it has more than {MAX_MEMBERS:,} members")


@dataclass(frozen=True)
class Member:
    """One member of an archive.

    Attributes:
        name: Its path, as the archive has it.
        size: Its bytes, as its header has them.
        is_folder: It is a folder, of which nothing is unpacked.
        is_plain: It is a plain file: no link, no device.
        content: Yields its bytes, and raises at their end what its checksum says. To be called before
            the next member is asked for.
    """

    name: str
    size: int
    is_folder: bool
    is_plain: bool
    content: Callable[[], Iterator[bytes]]
