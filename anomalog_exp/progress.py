"""How far a long stage has come: a bar on a terminal, plain log lines elsewhere and in workers."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["SILENT", "OwnLine", "Progress"]

_LOG = logging.getLogger(__name__)
_LINE_EVERY_S = 10.0
_WORTH_A_LINE_S = 1.0
_LARGE = 1000
_ERASE = "\r\x1b[K"


class Progress:
    """Reports bounded stages.

    Args:
        bars: Draw bars on standard error. None decides by whether it is a terminal.
        lines: Where no bar is drawn, log a line every ten seconds of a stage, and at the end of one
            that took a second or more.
        of: Whose stages they are, where several processes write lines.
    """

    def __init__(self, *, bars: bool | None = None, lines: bool = True, of: str = "") -> None:
        self._bars = sys.stderr.isatty() if bars is None else bars
        self._lines = lines
        self._of = f"{of}: " if of else ""

    @contextmanager
    def stage(self, title: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
        """A stage of `total` units; the yielded function is called with each further amount."""
        if self._bars:
            from tqdm import tqdm

            with tqdm(
                total=total,
                desc=f"{self._of}{title}",
                unit=f" {unit}",
                unit_scale=total is None or total >= _LARGE,  # 3 of 30 epochs, not 3.00 of 30.0
                leave=False,
                file=sys.stderr,
            ) as bar:
                yield lambda amount: bar.update(amount) and None
        else:
            yield from self._logged(f"{self._of}{title}", total, unit)

    def _logged(self, title: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
        begun = last_line = time.monotonic()
        done = 0

        def advance(amount: int) -> None:
            nonlocal done, last_line
            done += amount
            now = time.monotonic()
            # The whole of a stage is the line at its end.
            if self._lines and now - last_line >= _LINE_EVERY_S and done != total:
                last_line = now
                _LOG.info("%s: %s", title, _amount(done, total, unit))

        yield advance
        seconds = time.monotonic() - begun
        if self._lines and seconds >= _WORTH_A_LINE_S:
            _LOG.info("%s: %s in %.1f s", title, _amount(done, total, unit), seconds)


class OwnLine(logging.Formatter):
    """Writes a log line in the place of the bar that a terminal shows there, not behind it."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return f"{_ERASE}{line}" if sys.stderr.isatty() else line


def _amount(done: int, total: int | None, unit: str) -> str:
    if not total:
        return f"{done:,} {unit}"
    return f"{done:,} of {total:,} {unit} ({done / total:.0%})"


SILENT = Progress(bars=False, lines=False)
