"""Starting what is attacked, and what it came to."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reliability_child import PROGRAM, TRACKER

__all__ = ["Ended", "Forks", "Job", "environment", "processes_of"]

_GRACE_S = 10.0
"""What a process leaves running may take so long to see that it is alone."""

_NUMBERS = itertools.count()


@dataclass
class Job:
    """What a process is to do, and what becomes of it meanwhile.

    Attributes:
        folder: Its working directory; operations on files below it count.
        arguments: Of the command, or of `call`.
        call: `module:function` instead of the command.
        environment: What is changed in its environment; None removes a variable.
        start_after: Seconds after the first job of the same call.
        kill_after: It gets the signal `kill_by` after so many seconds.
        counts: Count its operations on files.
        act_at: At its operation of this number, counted from 0, it kills itself, or does `act`.
        act: How to change a file, and which: truncate, empty, append, remove.
        most_bytes: No file may become larger.
        user: The number of the user that it runs as.
        timeout: Seconds after which it is taken for hanging.
    """

    folder: Path
    arguments: Sequence[Any] = ()
    call: str | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    start_after: float = 0.0
    kill_after: float | None = None
    kill_by: int = signal.SIGKILL
    counts: bool = False
    act_at: int | None = None
    act: tuple[str, str] | None = None
    most_bytes: int | None = None
    user: int | None = None
    timeout: float = 60.0


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code; minus the signal where one killed it.
        out: What it printed.
        err: What it wrote to standard error.
        seconds: How long it took.
        late: It was killed because it took too long.
        process: Its number; what it started has it as number of the session.
        operations: On files below its folder; None where they were not counted.
    """

    code: int
    out: str
    err: str
    seconds: float
    late: bool
    process: int
    operations: int | None

    @property
    def fault(self) -> str | None:
        """What no process may do: hang, be killed by a signal of its own doing, show a traceback."""
        last = self.err.strip().splitlines()[-1:] or [""]
        if self.late:
            return f"it hung for {self.seconds:.0f} s"
        if self.code < 0 and self.code != -signal.SIGKILL:
            return f"signal {-self.code} ended it ({last[0][:200]})"
        if "Traceback (most recent call last)" in self.err + self.out:
            return f"a traceback: {last[0][:200]}"
        if "PanicException" in self.err:
            return f"a panic: {last[0][:200]}"
        return None

    @property
    def refused(self) -> bool:
        """It ended with an error that says which key, which value, what is allowed and what to do."""
        return self.code > 0 and all(
            part in self.err for part in ("value: ", "allowed: ", "to do: ")
        )


class Forks:
    """A process that has imported the program, and forks itself for each job.

    Args:
        folder: For what the jobs print.
        tracker: Import MLflow, too.
        warnings: Show Python's warnings, as a process of one's own does.
    """

    def __init__(self, folder: Path, *, tracker: bool, warnings: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._process = subprocess.Popen(
            [
                *(sys.executable, *(() if warnings else ("-W", "ignore"))),
                Path(__file__).with_name("reliability_child.py"),
                *PROGRAM,
                *(TRACKER if tracker else ()),
            ],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def run(self, *jobs: Job) -> list[Ended]:
        """Do all jobs side by side, and wait for them."""
        asked = []
        for job in jobs:
            number = next(_NUMBERS)
            files = {name: str(self._folder / f"{number}.{name}") for name in ("out", "err")}
            operations = str(self._folder / f"{number}.operations") if job.counts else None
            facts = asdict(job) | files | {"number": number, "operations": operations}
            asked.append(facts | {"folder": str(job.folder)})
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        facts = json.loads(self._answer())
        return [_ended(one, told) for one, told in zip(asked, facts, strict=True)]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that is to be forked is gone")
        return answer


def _ended(asked: dict[str, Any], told: dict[str, Any]) -> Ended:
    texts = {}
    for name in ("out", "err"):
        path = Path(asked[name])
        texts[name] = path.read_text(errors="replace") if path.exists() else ""
        path.unlink(missing_ok=True)
    operations = None
    if asked["operations"] is not None:
        path = Path(asked["operations"])
        operations = int(path.read_text()) if path.exists() else None
        path.unlink(missing_ok=True)
    return Ended(**told, **texts, operations=operations)


def environment(**more: str) -> dict[str, str]:
    """What a fresh shell would give, and the program of this checkout."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ANOMALOG_", "HYDRA_", "MLFLOW_"))
    }
    root = Path(__file__).resolve().parents[1]
    path = os.pathsep.join([str(root), str(root / "scripts")])
    return kept | {"PYTHONPATH": path} | more


def processes_of(sessions: Sequence[int]) -> list[str]:
    """What goes on running of some sessions, after some seconds of grace; it is ended here."""
    give_up = time.monotonic() + _GRACE_S
    while found := _in_sessions(set(sessions)):
        if time.monotonic() > give_up:
            for process in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            return [f"process {process} ({name})" for process, name in found.items()]
        time.sleep(0.05)
    return []


def _in_sessions(sessions: set[int]) -> dict[int, str]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().rpartition(")")
        except OSError:  # it has ended
            continue
        state, _, _, session = rest.split()[:4]
        if int(session) in sessions and state != "Z":
            found[int(path.parent.name)] = name.partition("(")[2]
    return found
