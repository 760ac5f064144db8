"""Commands in forks of one process that has imported the program: as fresh, and a second earlier.

What makes a process of its own another one is left to that: variables that the interpreter reads when it
starts, and commands that run while another one of the same test process does.
"""

from __future__ import annotations

import atexit
import importlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["forks", "run_forked"]

_SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "POLARS_", "OMP_", "MALLOC_", "LD_")
"""Variables that a process reads when it starts, or libraries when they are imported."""

_PATH = "PYTHONPATH"

_one_at_a_time = threading.Lock()


def run_forked(
    arguments: Sequence[Any],
    cwd: Path,
    variables: Mapping[str, str],
    timeout: float,
    call: str | None = None,
) -> subprocess.CompletedProcess[str] | None:
    """Run the command in a fork; None where it needs a process of its own.

    Args:
        arguments: Of `python -m anomalog_exp`, or of `call`.
        cwd: Its working directory.
        variables: Its whole environment.
        timeout: Seconds after which it is killed.
        call: `module:function` instead of the command.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    if not _one_at_a_time.acquire(blocking=False):
        return None
    try:
        process, base = _forks()
        changed = {name for name in {*base, *variables} if base.get(name) != variables.get(name)}
        if variables.get(_PATH) == os.environ.get(_PATH):
            changed.discard(_PATH)  # which Forks sets for itself
        if any(name.startswith(_AT_START) for name in changed):
            return None
        given = {name: variables.get(name) for name in {*changed, _PATH}}
        words = arguments if call else [*map(str, arguments)]
        job = _process().Job(cwd.absolute(), words, call=call, environment=given, timeout=timeout)
        (ended,) = process.run(job)
    finally:
        _one_at_a_time.release()
    if ended.late:
        raise subprocess.TimeoutExpired(
            [call or "anomalog_exp", *arguments], timeout, ended.out, ended.err
        )
    return subprocess.CompletedProcess([*arguments], ended.code, ended.out, ended.err)


def forks() -> Any:
    """The process that is forked: `Forks` of `reliability_process`."""
    return _forks()[0]


@cache
def _forks() -> tuple[Any, dict[str, str]]:
    """The process that is forked, and its environment."""
    folder = tempfile.TemporaryDirectory(prefix="forks-", ignore_cleanup_errors=True)
    process = _process().Forks(Path(folder.name), tracker=True, warnings=True)

    def end() -> None:
        process.close()
        folder.cleanup()

    atexit.register(end)
    return process, dict(_process().environment())


@cache
def _process() -> ModuleType:
    """The module of the attacks that has such processes; scripts are no package."""
    if str(_SCRIPTS) not in sys.path:
        sys.path.append(str(_SCRIPTS))
    return importlib.import_module("reliability_process")
