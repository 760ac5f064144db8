"""Attempts at a run that are killed in the middle of what they do to its dir.

`python -m tests.attempting CONFIG FOLDER` begins and ends an attempt, which measures nothing, in a copy of a
run's dir, `FOLDER/1/name/fingerprint`, where the first operation on its files kills it; then in another copy
with the second operation; and so on until one is not killed. It prints how many were.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.results import Provenance, ResultPaths, ResultWriteContext, attempt, claimed
from anomalog_exp.results.read import read_config

OPERATIONS = (
    "open",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "shutil.copyfile",
)


def attempted(config: RunConfig, run_dir: Path) -> None:
    """An attempt, from the lock to the status, that writes nothing of a result."""
    paths = ResultPaths.in_dir(run_dir)
    context = ResultWriteContext(config, [], paths, Provenance("a", "b", "c"))
    with claimed(paths), attempt(context):
        pass


def _killed(config: RunConfig, run_dir: Path, at: int) -> bool:
    """Whether the operation of this number was reached, and killed the process."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    operations = count(1)

    def die(event: str, details: tuple[Any, ...]) -> None:
        if event in OPERATIONS and str(run_dir.parent) in str(details) and next(operations) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    attempted(config, run_dir)
    os._exit(0)


def main(config_path: Path, folder: Path) -> int:
    """How many operations there are."""
    config, run_dir = read_config(config_path), config_path.parent
    for at in count(1):
        copy = folder / str(at) / run_dir.parent.name / run_dir.name
        copytree(run_dir, copy)
        if not _killed(config, copy, at):
            return at - 1
    raise AssertionError("the count never ends")


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:])))
