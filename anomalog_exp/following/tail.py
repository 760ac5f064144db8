"""A file that grows: its bytes as they come, through renaming, truncation and deletion.

At the end of the file it is asked what became of the path. Where another file stands there and has
bytes, the old one is read to its end first: a program writes on into a renamed file until it opens the
new one. Where the file has become shorter, or begins otherwise, it was cut and begins anew; what was not
read of it yet is read from its copy, if there is one. A path that names no file is waited for. What is
read later is opened when it is known: its name may belong to another file by then.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from anomalog_exp.data.reading.prepared import first_lines
from anomalog_exp.data.sources.encoding import UTF8, encoding_of
from anomalog_exp.data.sources.packed import packing_of
from anomalog_exp.errors import DataError
from anomalog_exp.following.marks import Mark, identity_of, parts_since
from anomalog_exp.following.pieces import PIECE_BYTES, Cutter, Input, Piece

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Tail"]

_POLL_S: Final = 0.1
_HEAD_BYTES: Final = 1024


class Tail:
    """The pieces of a file.

    Attributes:
        last_record: As a `Cutter` takes it; to be set before the first piece.
        cuts: How often the file was cut with bytes that nobody had read, and no copy has them.
        ended: Never: a file may always grow.
    """

    ended = False

    def __init__(self, path: Path) -> None:
        """Args:
        path: Of the file, which need not be there.
        """
        self._path = path
        self.last_record: Callable[[bytes], int] | None = None
        self._waiting: deque[tuple[Path, int, BinaryIO]] = deque()
        self._file: BinaryIO | None = None
        self._cutter = Cutter(Input(0, path), 0, None)
        self._inputs = 0
        self._mark: Mark | None = None
        self.cuts = 0

    def first_lines(self) -> pl.Series | None:
        """The lines with which the file begins; None while there is none."""
        try:
            return first_lines(self._path) if self._path.stat().st_size else None
        except FileNotFoundError:
            return None

    def go_on(self, mark: Mark, number: int) -> bool:
        """Begin at a place that was read up to earlier, in the file that has it now.

        Args:
            mark: The place.
            number: Of the input that it is in.

        Returns:
            Whether a file has it; the log is read from its begin where none does.
        """
        self._inputs = number
        if self._waits_for_parts(mark, mark.offset):
            return True
        self._inputs += 1
        return False

    def pieces(self, most: int) -> Iterator[Piece]:
        """Up to so many pieces of what is there by now."""
        count = 0
        while count < most:
            if self._file is None and not self._opened():
                return
            assert self._file is not None
            data = self._file.read(PIECE_BYTES)
            if data:
                if self._cutter.read == 0 and self._cutter.input.number == 0:
                    _refuse_no_text(self._path, data)
                piece = self._cutter.feed(data)
            elif self._is_over():
                piece = self.finish()
                self._file.close()
                self._file = None
            else:
                return
            if piece is not None:
                count += 1
                self._mark = Mark.behind(piece)
                yield piece

    def flush(self, seconds: float) -> Piece | None:
        """Lines of a record that have waited for so long."""
        return self._seen(self._cutter.flush(seconds))

    def finish(self) -> Piece | None:
        """All that was read, also a line without its newline."""
        return self._seen(self._cutter.finish())

    def wait(self) -> None:
        """Wait a moment for more."""
        time.sleep(_POLL_S)

    def close(self) -> None:
        """Nothing more is read."""
        for file in (self._file, *(file for _, _, file in self._waiting)):
            if file is not None:
                file.close()

    def _seen(self, piece: Piece | None) -> Piece | None:
        if piece is not None:
            self._mark = Mark.behind(piece)
        return piece

    def _opened(self) -> bool:
        """Begin with the next file, if it is there."""
        if not self._waiting and not self._waits_for([self._path]):
            return False
        path, offset, file = self._waiting.popleft()
        found = os.fstat(file.fileno())
        head = os.pread(file.fileno(), min(offset, _HEAD_BYTES), 0)
        source = Input(self._inputs, path, (found.st_dev, found.st_ino), head)
        self._inputs += 1
        file.seek(offset)
        self._file, self._cutter = file, Cutter(source, offset, self.last_record)
        if offset == 0:
            self._mark = Mark.at_begin(source.identity)
        return True

    def _waits_for(self, parts: list[Path], offset: int = 0) -> bool:
        """Open files to be read later, the first one from a place on; whether there are any."""
        for part in parts:
            with suppress(FileNotFoundError):
                self._waiting.append((part, offset, part.open("rb", buffering=0)))
                offset = 0
        return bool(self._waiting)

    def _waits_for_parts(self, mark: Mark, offset: int, begin: int = 0) -> bool:
        """Open the file of a mark and those behind it, or only those; whether a file has the mark."""
        self._mark = mark
        while (parts := parts_since(mark, self._path)) is not None:
            self._waits_for(parts[begin:], offset)
            there = [identity_of(part) for part in parts_since(mark, self._path) or []]
            files = [os.fstat(file.fileno()) for _, _, file in self._waiting]
            if [one for one in there if one][begin:] == [(f.st_dev, f.st_ino) for f in files]:
                return True
            while self._waiting:  # files were renamed meanwhile
                self._waiting.pop()[2].close()
        return False

    def _is_over(self) -> bool:
        """Whether the file at whose end we are will not grow any more; what is read next is waiting."""
        assert self._file is not None
        assert self._mark is not None
        if self._waiting:
            return True
        source, here = self._cutter.input, os.fstat(self._file.fileno())
        if here.st_size < self._cutter.read or (
            os.pread(self._file.fileno(), len(source.head), 0) != source.head
        ):
            return not self._goes_on_in_copy(self._mark)
        there = identity_of(self._path)
        if there is None or there == source.identity:
            return False
        with suppress(OSError):
            # What was written into the old file before the new one had bytes is there by now.
            if self._path.stat().st_size and os.fstat(self._file.fileno()).st_size == here.st_size:
                return self._waits_for_parts(self._mark, 0, begin=1) or True
        return False

    def _goes_on_in_copy(self, mark: Mark) -> bool:
        """Read on in the copy that was made before the file was cut, if there is one."""
        assert self._file is not None
        read = self._cutter.read
        if not self._waits_for_parts(mark, read):
            self.cuts += read > 0
            return False
        self._file.close()
        path, _, self._file = self._waiting.popleft()
        if path != self._path:
            self._file.seek(read)
            return True
        return False


def _refuse_no_text(path: Path, begin: bytes) -> None:
    packing = packing_of(begin)
    encoding = "" if packing else encoding_of(path, "PATH", path)
    if encoding not in UTF8:
        raise DataError.of(
            "PATH",
            path,
            problem=f"it is compressed by {packing}" if packing else f"its text is in {encoding}",
            allowed="a file that grows: plain text in UTF-8",
            fix="score it without --follow, which unpacks and converts it, or convert it on the way: "
            "... | python -m anomalog_exp score BUNDLE - --follow",
        )
