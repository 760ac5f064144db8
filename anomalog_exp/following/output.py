"""Where findings go: one JSON object a line, into a file or standard output, at once."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from anomalog_exp.errors import DataError
from anomalog_exp.files import writing_to

__all__ = ["Output"]


class Output:
    """A file that findings are appended to; None is standard output."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO = sys.stdout.buffer
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)

    def write(self, findings: Iterable[dict[str, Any]]) -> None:
        """Append findings; whoever reads the file or the pipe has them at once."""
        text = "".join(
            json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in findings
        )
        if not text:
            return
        data = memoryview(text.encode(errors="backslashreplace"))
        with writing_to(self._path or Path("standard output")):
            while data:
                data = data[self._file.write(data) :]
            self._file.flush()

    @property
    def size(self) -> int | None:
        """Bytes of the file, which are on the disk now; None of standard output."""
        if self._path is None:
            return None
        os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Nothing more is written."""
        if self._path is not None:
            self._file.close()

    def cut_back(self, size: int) -> None:
        """Remove what was written after a state was kept: it will be found again.

        Raises:
            DataError: there is less than that.
        """
        assert self._path is not None
        there = os.fstat(self._file.fileno()).st_size
        if there < size:
            raise DataError.of(
                "--output",
                self._path,
                problem=f"it has {there:,} bytes, and {size:,} when the state was kept",
                allowed="the file as it was left, or longer",
                fix="put it back; or begin anew with --fresh, which reads the log from its begin",
            )
        os.ftruncate(self._file.fileno(), size)
