"""The state of one log: whose it is, when it is written, and what it holds of the place."""

from __future__ import annotations

import glob
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import remove_half_written
from anomalog_exp.following.marks import Mark, identity_of
from anomalog_exp.following.pieces import Piece
from anomalog_exp.following.state import read_state, write_state
from anomalog_exp.results.bundle import Bundle

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Kept"]

_EVERY_S: Final = 1.0
_SHARE: Final = 20
"""So many times as long as it takes to write the state, at least, it is not written again."""


class Kept:
    """Keeps the state in a file, where one is named."""

    def __init__(
        self, bundle: Bundle, log: Path, output: Path | None, path: Path | None, *, fresh: bool
    ) -> None:
        """Args:
        bundle: What judges.
        log: What is followed.
        output: Where findings go; None is standard output.
        path: Of the state; None keeps none.
        fresh: Do not read what is there.
        """
        self._whose = {
            "bundle": bundle.digest,
            "log": str(log.absolute()),
            "output": str(output.absolute()) if output else "-",
        }
        self._path, self._fresh = path, fresh
        self._changed = False
        self._piece: Piece | None = None
        self._mark: Mark | None = None
        self._next = 0.0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else uses the state meanwhile.

        Raises:
            ConfigError: somebody does.
        """
        if self._path is None:
            yield
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path.with_name(f".{self._path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ConfigError.of(
                "--state",
                self._path,
                problem="another process follows a log with this state",
                allowed="one process for a state, and for its output",
                fix="end that one, or name another --state and --output",
            ) from None
        try:
            remove_half_written(self._path.parent, glob.escape(self._path.name))
            yield
        finally:
            lock.release()

    @property
    def mark(self) -> Mark | None:
        """Up to where the log was read; None where nothing was."""
        return self._mark

    def read(self) -> tuple[dict[str, Any], pl.DataFrame] | None:
        """What was kept; None where nothing was.

        Raises:
            DataError: it is of another bundle or log, or no state at all.
        """
        earlier = None if self._path is None or self._fresh else read_state(self._path)
        if earlier is None:
            return None
        values, held = earlier
        for key, value in self._whose.items():
            if values.get(key) != value:
                raise DataError.of(
                    "--state",
                    self._path,
                    problem=f"it is of another {key}: {values.get(key)}",
                    allowed=f"the state of {key} {value}",
                    fix="name the state that belongs to this bundle, log and output, or begin anew "
                    "with --fresh",
                )
        self._mark = None if values["mark"] is None else Mark.of(values["mark"])
        return values, held

    def begins(self, log: Path) -> None:
        """Reading begins where a file does, unless it goes on where it was."""
        identity = identity_of(log)
        if self._mark is None and identity is not None:
            self._mark = Mark.at_begin(identity)

    def has_read(self, piece: Piece) -> None:
        """All that is complete with a piece is written."""
        self._piece, self._changed = piece, True

    def has_written(self) -> None:
        """Something was complete without a piece."""
        self._changed = True

    def is_due(self) -> bool:
        """Whether the state is to be written now."""
        due = self._changed and time.monotonic() >= self._next
        return self._path is not None and due

    def write(self, values: Mapping[str, Any], held: pl.DataFrame) -> None:
        """Write the state."""
        if self._path is None:
            return
        if self._piece is not None:
            self._mark = Mark.behind(self._piece)
        mark = None if self._mark is None else self._mark.to_json()
        begun = time.monotonic()
        write_state(self._path, {**self._whose, **values, "mark": mark}, held)
        self._changed, now = False, time.monotonic()
        self._next = now + max(_EVERY_S, _SHARE * (now - begun))
