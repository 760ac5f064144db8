"""A file that says how much of it is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Followed"]


class Followed(io.FileIO):
    """A file, read from its begin; `advance` is called with each further number of bytes."""

    def __init__(self, path: Path, advance: Callable[[int], None]) -> None:
        super().__init__(path)
        self._advance = advance

    def readinto(self, buffer: Any, /) -> int | None:
        size = super().readinto(buffer)
        self._advance(size or 0)
        return size
