"""Running the command as a user does: a process of its own in a folder of its own."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from tests.forked import run_forked

SMALL_DEMO = "dataset.source.lines=3000"


def environment(**more: str) -> dict[str, str]:
    """What a fresh shell would give, without what this test run has set for itself."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("ANOMALOG_", "HYDRA_", "MLFLOW_"))
    }
    return kept | more


def command(
    *arguments: str, cwd: Path, timeout: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m anomalog_exp` with `arguments` in `cwd`; `more` goes into its environment.

    It is a fork of a process that has imported the program, where that makes no difference.
    """
    done = run_forked(arguments, cwd, environment(**more), timeout)
    return cold_command(*arguments, cwd=cwd, timeout=timeout, **more) if done is None else done


def cold_command(
    *arguments: str, cwd: Path, timeout: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, which begins with nothing."""
    return subprocess.run(
        [sys.executable, "-m", "anomalog_exp", *arguments],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def run_dirs(folder: Path) -> list[Path]:
    """The run dirs below an output folder."""
    return sorted(path.parent for path in folder.glob("*/*/status.json"))


def sweep_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the table of the one sweep below an output folder."""
    (path,) = folder.glob("sweeps/*/results.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
