"""How far a long stage has come: a bar on a terminal, plain log lines elsewhere and in workers."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["SILENT", "Progress"]

_LOG = logging.getLogger(__name__)
_LINE_EVERY_S = 10.0
_WORTH_A_LINE_S = 1.0


class Progress:
    """Reports bounded stages.

    Args:
        bars: Draw bars on standard error. None decides by whether it is a terminal.
        lines: Where no bar is drawn, log a line every ten seconds of a stage, and at the end of one
            that took a second or more.
    """

    def __init__(self, *, bars: bool | None = None, lines: bool = True) -> None:
        self._bars = sys.stderr.isatty() if bars is None else bars
        self._lines = lines

    @contextmanager
    def stage(self, title: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
        """A stage of `total` units; the yielded function is called with each further amount."""
        if self._bars:
            from tqdm import tqdm

            with tqdm(
                total=total, desc=title, unit=unit, unit_scale=True, leave=False, file=sys.stderr
            ) as bar:
                yield lambda amount: bar.update(amount) and None
        else:
            yield from self._logged(title, total, unit)

    def _logged(self, title: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
        begun = last_line = time.monotonic()
        done = 0

        def advance(amount: int) -> None:
            nonlocal done, last_line
            done += amount
            now = time.monotonic()
            if self._lines and now - last_line >= _LINE_EVERY_S:
                last_line = now
                _LOG.info("%s: %s", title, _amount(done, total, unit))

        yield advance
        seconds = time.monotonic() - begun
        if self._lines and seconds >= _WORTH_A_LINE_S:
            _LOG.info("%s: %s in %.1f s", title, _amount(done, total, unit), seconds)


def _amount(done: int, total: int | None, unit: str) -> str:
    if not total:
        return f"{done:,} {unit}"
    return f"{done:,} of {total:,} {unit} ({done / total:.0%})"


SILENT = Progress(bars=False, lines=False)
