"""Running the command as a user does: a process of its own in a folder of its own."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from anomalog_exp.report.bundle import chart_library
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
    with charts_at_hand(cwd):
        done = run_forked(arguments, cwd, environment(**more), timeout)
    return cold_command(*arguments, cwd=cwd, timeout=timeout, **more) if done is None else done


def cold_command(
    *arguments: str, cwd: Path, timeout: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, which begins with nothing."""
    with charts_at_hand(cwd):
        return subprocess.run(
            [sys.executable, "-m", "anomalog_exp", *arguments],
            cwd=cwd,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )


def python(
    code: str, *, cwd: Path, timeout: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -c CODE` in `cwd` likewise."""
    with charts_at_hand(cwd):
        arguments = [code, {"__name__": "__main__"}]
        done = run_forked(arguments, cwd, environment(**more), timeout, call="builtins:exec")
        return done or subprocess.run(
            [sys.executable, "-c", code],
            cwd=cwd,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )


@contextmanager
def charts_at_hand(folder: Path) -> Iterator[None]:
    """The library that draws charts in the cache below `folder`, which each first run would put together.

    It goes again where the commands inside the block have kept nothing beside it.
    """
    kept = folder / ".cache/report"
    if kept.exists():
        yield
        return
    shutil.copytree(_charts().name, kept.parent, dirs_exist_ok=True)
    try:
        yield
    finally:
        if kept.parent.exists() and list(kept.parent.iterdir()) == [kept]:
            shutil.rmtree(kept.parent)


@cache
def _charts() -> tempfile.TemporaryDirectory[str]:
    """A cache that holds nothing else."""
    folder = tempfile.TemporaryDirectory(prefix="charts-")
    chart_library(Path(folder.name))
    return folder


def run_dirs(folder: Path) -> list[Path]:
    """The run dirs below an output folder."""
    return sorted(path.parent for path in folder.glob("*/*/status.json"))


def sweep_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the table of the one sweep below an output folder."""
    (path,) = folder.glob("sweeps/*/results.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
