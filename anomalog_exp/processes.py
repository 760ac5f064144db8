"""Processes by name, across the machines that share a folder, and whether one is still alive."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["is_gone", "this_process"]


def this_process() -> str:
    """The name of this process: `host:pid`."""
    return f"{platform.node()}:{os.getpid()}"


def is_gone(process: str) -> bool:
    """Whether a process of this machine has ended; of those on other machines nothing is known.

    Args:
        process: Its name.
    """
    host, _, pid = process.rpartition(":")
    return host == platform.node() and not _is_alive(pid)


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
