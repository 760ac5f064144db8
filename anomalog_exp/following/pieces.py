"""Bytes as they arrive, cut into pieces that are parsed like the blocks of a finished log.

A piece ends where a line ends, and where records span lines it ends where one begins: the last record
waits for its rest until another one begins, or until nothing came for a while. So the rows of a log do
not depend on when its bytes arrived, unless a writer stops in the middle of a record for so long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from anomalog_exp.data.reading.blocks import Block

__all__ = ["PIECE_BYTES", "Cutter", "Input", "Piece"]

PIECE_BYTES: Final = 4 << 20
"""Bytes read at a time where so many are there."""

_MOST_WAITING: Final = 1 << 24
"""A record of more bytes does not wait for its end: the blocks of a finished log are cut there, too."""

_BOM: Final = b"\xef\xbb\xbf"
_HEAD_BYTES: Final = 1024


@dataclass(eq=False)  # known by itself
class Input:
    """A file that is read, or a pipe.

    Attributes:
        number: From 0 on, in the order in which they are read.
        path: Where it was opened; it may have another name since.
        identity: Its device and inode; of a pipe (0, 0).
        head: Its first bytes, 1024 at most, as far as they have been read.
    """

    number: int
    path: Path
    identity: tuple[int, int] = (0, 0)
    head: bytes = b""

    def see(self, data: bytes, offset: int) -> None:
        """Take note of the next bytes, which stand at an offset."""
        if offset == len(self.head) < _HEAD_BYTES:
            self.head = (self.head + data[:_HEAD_BYTES])[:_HEAD_BYTES]


@dataclass(frozen=True)
class Piece(Block):
    """Whole lines in memory.

    Attributes:
        held: The bytes.
        input: What they were read from.
    """

    held: bytes = field(kw_only=True)
    input: Input = field(kw_only=True)

    @property
    def data(self) -> bytes:
        return self.held


class Cutter:
    """Cuts the bytes of one input into pieces."""

    def __init__(
        self, source: Input, offset: int, last_record: Callable[[bytes], int] | None
    ) -> None:
        """Args:
        source: What is read.
        offset: Where in it the first byte stands.
        last_record: Finds where the last record of some lines begins; None where each line is one.
        """
        self.input = source
        self.offset = offset
        self._last_record = last_record
        self._rest = b""
        self._since = time.monotonic()

    @property
    def read(self) -> int:
        """Where in the input the next byte stands."""
        return self.offset + len(self._rest)

    def feed(self, data: bytes) -> Piece | None:
        """Take the next bytes; what is complete with them."""
        self.input.see(data, self.read)
        if self.offset == 0 and not self._rest and data.startswith(_BOM):
            self.offset, data = len(_BOM), data[len(_BOM) :]
        self._rest += data
        self._since = time.monotonic()
        end = self._rest.rfind(b"\n") + 1
        if end and self._last_record is not None and len(self._rest) < _MOST_WAITING:
            end = self._last_record(self._rest[:end])
        return self._cut(end)

    def flush(self, seconds: float) -> Piece | None:
        """The lines that have waited for so long; one without its newline waits on."""
        if not self._rest or time.monotonic() - self._since < seconds:
            return None
        return self._cut(self._rest.rfind(b"\n") + 1)

    def finish(self) -> Piece | None:
        """All that is left, as the input has ended."""
        return self._cut(len(self._rest))

    def _cut(self, end: int) -> Piece | None:
        if not end:
            return None
        held, self._rest = self._rest[:end], self._rest[end:]
        begin, self.offset = self.offset, self.offset + end
        return Piece(self.input.path, begin, end, self.input.number, held=held, input=self.input)
