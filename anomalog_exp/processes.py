"""Processes by name, across the machines that share a folder, whether one is alive, and its threads."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from uuid import getnode

__all__ = [
    "THREADS",
    "is_gone",
    "is_of_this_host",
    "limit_threads",
    "this_machine",
    "this_process",
]

THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Libraries read them once, when they are loaded: only the environment of its start reaches a worker."""


def limit_threads(threads: int) -> None:
    """Let libraries that are loaded from now on use so many threads, whatever the environment says."""
    os.environ.update(dict.fromkeys(THREADS, str(threads)))


def this_process() -> str:
    """The name of this process: `host:pid`."""
    return f"{platform.node()}:{os.getpid()}"


def this_machine() -> str:
    """What tells machines apart that bear one name, and containers of one machine.

    On Linux it is new after each start of the machine.
    """
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        numbered_in = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # not Linux
        return f"{getnode():x}"
    return f"{started} {numbered_in:x}"


def is_of_this_host(process: str) -> bool:
    """Whether a process, by its name, runs or ran on the host of this one."""
    return process.rpartition(":")[0] == platform.node()


def is_gone(process: str) -> bool:
    """Whether a process of this machine has ended; of those on other machines nothing is known.

    Args:
        process: Its name.
    """
    return is_of_this_host(process) and not _is_alive(process.rpartition(":")[2])


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    try:
        # The name of the program stands in brackets and may hold any letters.
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # not Linux, or it has ended just now
        return True
    return state != "Z"  # it has ended, and whoever started it has not asked how
