"""Where a line stands, as people read it: `app.log:17`, counted from 1 in each file as editors do.

Inside, lines are counted from 0, over all inputs in the order in which they are read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

__all__ = ["Place", "Places"]


class Place(NamedTuple):
    """A line of a file.

    Attributes:
        file: What people call the input.
        line: Its number in that file, counted from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def up_to(self, last: Self) -> str:
        """The lines from this one to `last`, both of them among them."""
        if self == last:
            return str(self)
        return f"{self} to {last.line if last.file == self.file else last}"


class Places:
    """Where lines stand in the inputs of a data set."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        """Args:
        manifest: Of the data set; `inputs` says which files were read and where each begins.
        """
        read = [one for one in manifest.get("inputs", []) if one["first_line"] is not None]
        self._files = [str(one["name"]) for one in read] or ["line"]
        self._first = [int(one["first_line"]) for one in read] or [0]

    def of(self, line: int) -> Place:
        """The place of a line by its number over all inputs."""
        holder = max(0, bisect_right(self._first, line) - 1)
        return Place(self._files[holder], line - self._first[holder] + 1)
