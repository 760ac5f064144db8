"""A request to stop: from the signal that brings it to the exit code of the command.

Ctrl-C and SIGTERM raise an exception wherever the program stands, so that statuses are written and locks
released. Other people's code may swallow it (what is raised where an object is deleted goes nowhere) or
turn it into an error of its own (pydantic does). So the request is also remembered: whoever ends
something asks `stop_signal` what ended it. A stop that nobody has heard is raised again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

__all__ = [
    "Stopped",
    "end_at_once_on_signals",
    "raise_stop",
    "stop_heard",
    "stop_on_signals",
    "stop_signal",
    "stops_wait",
]

_AGAIN_S = 1.0
_AT_ONCE_S = 0.005

_received: int | None = None
_waits = False


class Stopped(SystemExit):
    """A signal asks the process to end: no member of a sweep may take it for its own end."""


def stop_on_signals() -> None:
    """Let Ctrl-C and SIGTERM stop this process; its main thread calls this first."""
    signal.signal(signal.SIGTERM, _stop)
    # A shell that starts a command in the background lets it ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _stop_again)
    sys.unraisablehook = _without_stops(sys.unraisablehook)


def end_at_once_on_signals() -> None:
    """From now on a signal ends the process: all is written, and only the interpreter takes leave."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is _stop:
            signal.signal(number, lambda signum, frame: os._exit(128 + signum))


def stop_signal() -> int | None:
    """The number of the signal that asked this process to stop; None if none did."""
    return _received


def stop_heard() -> None:
    """Whoever ends something because of the signal has heard it: it is not raised again."""
    _raise_again_in(0)


@contextmanager
def stops_wait() -> Iterator[None]:
    """A stop waits until the block ends, so that what is begun is done: the block asks `stop_signal`.

    A second signal is raised at once. Polars, once it is loaded, ends its queries at Ctrl-C by a handler
    of its own in front of ours: ours takes its place.
    """
    global _waits
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, _stop)
    _waits = True
    try:
        yield
    finally:
        _waits = False
    if _received is not None:
        raise_stop()


def raise_stop(cause: BaseException | None = None) -> NoReturn:
    """Raise what the signal has raised, in the place of what became of it.

    It is no KeyboardInterrupt: after one in an import Python ends by the signal, whatever the exit code.
    """
    raise Stopped(128 + (_received or signal.SIGTERM)) from cause


def _stop(signum: int, frame: FrameType | None) -> None:
    global _received
    first = _received is None
    _received = signum
    if _waits and first:
        return
    _raise_again_in(_AGAIN_S)
    raise_stop()


def _stop_again(signum: int, frame: FrameType | None) -> None:
    if _received is not None:
        _raise_again_in(_AGAIN_S)
        raise_stop()


def _raise_again_in(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _without_stops(hook: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Python prints what is raised where nobody can catch it; a stop is raised again elsewhere."""

    def quiet(unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, Stopped):
            _raise_again_in(_AT_ONCE_S)
        else:
            hook(unraisable)

    return quiet
