"""Rows that are kept as they come, so that a long night that is cut off goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path

from reliability_row import Attack, Row

__all__ = ["KeptRows"]


class KeptRows:
    """A file with a line of JSON for each attack that was made.

    Args:
        path: The file; None keeps nothing.
        seed: Rows of another seed are not taken.
        long: Rows of the other form are not taken.
    """

    def __init__(self, path: Path | None, seed: int, long: bool) -> None:
        self._path, self._form = path, {"seed": seed, "long": long}
        self._rows: dict[tuple[str, str], Row] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.is_file() else []
        for line in lines:
            kept = json.loads(line)
            row = Row(**kept["row"])
            if kept["form"] == self._form:
                self._rows[row.kind, row.what] = row

    def survived(self, attack: Attack) -> Row | None:
        """The last row of an attack, if all cases survived."""
        row = self._rows.get((attack.kind, attack.what))
        return row if row is not None and row.survived == row.tried else None

    def keep(self, row: Row) -> None:
        """Add a row to the file."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"form": self._form, "row": row._asdict()}) + "\n")
