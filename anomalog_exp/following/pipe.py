"""Standard input, or another pipe: what comes through it is there once."""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.reading.blocks import block_lines
from anomalog_exp.data.sources.piped import STDIN, pipe_name
from anomalog_exp.errors import DataError
from anomalog_exp.following.pieces import PIECE_BYTES, Cutter, Input, Piece

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Pipe"]

_FIRST_LINES: Final = 1000

_POLL_S: Final = 0.1
_GATHER_S: Final = 0.2
"""So long a piece is gathered: a pipe gives 64 KiB at a time, and small pieces take longer to read."""


class Pipe:
    """The pieces of a pipe.

    Attributes:
        last_record: As a `Cutter` takes it; to be set before the first piece.
        cuts: None: nobody cuts a pipe.
        ended: Whoever writes into it has closed it.
    """

    def __init__(self, path: Path) -> None:
        """Args:
        path: Of the pipe; `STDIN` is standard input.

        Raises:
            DataError: it is a terminal or another device.
        """
        self._file = 0 if path == STDIN else os.open(path, os.O_RDONLY)
        if stat.S_ISCHR(os.fstat(self._file).st_mode):
            raise DataError.of(
                "PATH",
                path,
                problem="nothing is piped: it is a terminal or another device",
                allowed="- with a log on standard input, a pipe, or the path of a file",
                fix="pipe a log into the command, as `journalctl -f | ...`",
            )
        self._input = Input(0, Path(pipe_name(path)))
        self._cutter: Cutter | None = None
        self._ahead = b""
        self.last_record: Callable[[bytes], int] | None = None
        self.cuts = 0
        self.ended = False

    def first_lines(self) -> pl.Series | None:
        """The lines that came first, those of the first moment; None while there is none."""
        self._ahead += self._gathered()
        whole = self._ahead if self.ended else self._ahead[: self._ahead.rfind(b"\n") + 1]
        return block_lines(whole)[0].head(_FIRST_LINES) if whole else None

    def pieces(self, most: int) -> Iterator[Piece]:
        """Up to so many pieces of what is there by now."""
        count = 0
        if self._cutter is None:
            self._cutter = Cutter(self._input, 0, self.last_record)
        while count < most:
            data, self._ahead = self._ahead or self._gathered(), b""
            if not data:
                return
            piece = self._cutter.feed(data)
            if piece is not None:
                count += 1
                yield piece

    def _gathered(self) -> bytes:
        parts, size, until = [], 0, time.monotonic() + _GATHER_S
        while size < PIECE_BYTES and not self.ended and self._is_ready(0):
            part = os.read(self._file, PIECE_BYTES - size)
            self.ended = not part
            parts.append(part)
            size += len(part)
            if time.monotonic() > until:
                break
        return b"".join(parts)

    def flush(self, seconds: float) -> Piece | None:
        """Lines of a record that have waited for so long."""
        return self._cutter.flush(seconds) if self._cutter else None

    def finish(self) -> Piece | None:
        """All that was read, also a line without its newline."""
        return self._cutter.finish() if self._cutter else None

    def wait(self) -> None:
        """Wait a moment for more."""
        if not self.ended:
            self._is_ready(_POLL_S)

    def close(self) -> None:
        """Nothing more is read."""
        if self._file:
            os.close(self._file)

    def _is_ready(self, seconds: float) -> bool:
        return bool(select.select([self._file], [], [], seconds)[0])
