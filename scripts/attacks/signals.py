"""Ctrl-C and SIGTERM.

A command that is started as a user starts it gets Ctrl-C, with all that it started, or SIGTERM, at any
moment on. Survived: it ends with 0, 130 or 143, or, where none of the program is loaded yet, as Python
ends by itself, which is by that very signal or with an error of its own; without a traceback of the
program; and the same command again ends with 0, has the results of a run that nothing disturbed, and
leaves nothing over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from reliability_process import Job, environment
from reliability_row import Arena, Verdict, attack
from reliability_state import DEMO, NO_TRACKER, after, copied, judged

_RUN = [*DEMO, NO_TRACKER]
_SWEEP = [*_RUN, "model=template_frequency,markov", "-m", "hydra.launcher.n_jobs=2"]
_CODES = (0, 130, 143, -signal.SIGINT, -signal.SIGTERM)


def _signalled(
    arena: Arena, arguments: Sequence[str], by: signal.Signals, *, short: int, long: int
) -> Iterator[Verdict]:
    """Verdicts on a command that gets a signal at moments of chance."""
    state = after(arena, [*_RUN, "model=sequence_length"])
    sound = copied(state, arena.new_folder())
    whole, seconds, _ = _started(arena, sound, arguments, None, by)
    assert whole == 0
    number = arena.number(short=short, long=long)
    chance = arena.chance("signals", by, *arguments)
    parts = [(place + chance.random()) / number for place in range(number)]

    def judge(part: float) -> Verdict:
        folder = copied(state, arena.new_folder())
        code, _, said = _started(arena, folder, arguments, part * seconds, by)
        wrong = None
        if code not in _CODES and not _only_python_began(said):
            wrong = f"it ends with {code}"
        elif "Traceback" in said and "anomalog_exp/" in said:
            wrong = f"a traceback: {said.strip().splitlines()[-1][:200]}"
        (again,) = arena.run(Job(folder, arguments))
        verdict = judged(folder, sound, again)
        return Verdict(wrong or verdict.wrong, verdict.left)

    return arena.spread(parts, judge)


def _only_python_began(said: str) -> bool:
    """Whether the signal came while the interpreter loaded itself, where it ends with 1."""
    return said.rstrip().endswith("KeyboardInterrupt") and "anomalog_exp/" not in said


def _started(
    arena: Arena, folder: Path, arguments: Sequence[str], after: float | None, by: signal.Signals
) -> tuple[int, float, str]:
    """Start the command, send the signal after some seconds; its exit code, seconds and words."""
    said = arena.new_folder() / "said"
    begun = time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomalog_exp", *arguments],
            cwd=folder,
            env=environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        if after is not None:
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                # A terminal sends Ctrl-C to everybody.
                send = os.killpg if by == signal.SIGINT else os.kill
                send(process.pid, by)
        code = process.wait()
    return code, time.monotonic() - begun, said.read_text(errors="replace")


@attack("Ctrl-C during a run")
def interrupted_run(arena: Arena) -> Iterator[Verdict]:
    return _signalled(arena, _RUN, signal.SIGINT, short=3, long=40)


@attack("SIGTERM during a run")
def terminated_run(arena: Arena) -> Iterator[Verdict]:
    return _signalled(arena, _RUN, signal.SIGTERM, short=2, long=40)


@attack("Ctrl-C during a sweep with workers")
def interrupted_sweep(arena: Arena) -> Iterator[Verdict]:
    return _signalled(arena, _SWEEP, signal.SIGINT, short=1, long=30)


@attack("SIGTERM during a sweep with workers")
def terminated_sweep(arena: Arena) -> Iterator[Verdict]:
    return _signalled(arena, _SWEEP, signal.SIGTERM, short=1, long=30)
