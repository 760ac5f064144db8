"""Endurance.

Hundreds of runs in one sweep. Survived: every member is done; the process that started the sweep grows
by less than 0.05 MB a run once it is warm and holds no more open files than before; a run at the end
takes no more than half as long again as one at the beginning; nothing goes on running.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from reliability_process import environment, processes_of
from reliability_row import Arena, Verdict, attack
from reliability_state import DEMO, NO_TRACKER, after

_MOST_MB = 0.05
_EVERY_S = 0.05


class _Sample(NamedTuple):
    """What was seen of the process at one moment."""

    seconds: float
    members: int
    memory_mb: float
    handles: int


@attack("a sweep in one process")
def in_one_process(arena: Arena) -> Iterator[Verdict]:
    runs = arena.number(short=24, long=500)
    yield from _long_sweep(arena, runs, [NO_TRACKER, "hydra.launcher.n_jobs=1"])


@attack("a sweep with workers")
def with_workers(arena: Arena) -> Iterator[Verdict]:
    runs = arena.number(short=16, long=250)
    yield from _long_sweep(arena, runs, [NO_TRACKER, "hydra.launcher.n_jobs=2"])


@attack("a sweep that is mirrored to MLflow")
def mirrored(arena: Arena) -> Iterator[Verdict]:
    if arena.long:  # of a hundred, four megabytes that are allocated at once decide
        yield from _long_sweep(arena, 250, ["tracking=mlflow", "hydra.launcher.n_jobs=1"])


def _long_sweep(arena: Arena, runs: int, options: Sequence[str]) -> Iterator[Verdict]:
    """One verdict per run on what became of it, and one each on memory, files, time, processes."""
    folder = after(arena, [*DEMO, NO_TRACKER, "model=oov"])
    seeds = f"seed=range({runs})"
    command = [sys.executable, "-m", "anomalog_exp", *DEMO, *options, seeds, "-m"]
    with (folder.parent / f"{folder.name}.out").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=out, stderr=out, start_new_session=True
        )
        samples = list(_samples(process, folder))
    left = processes_of([process.pid])
    (table,) = [*folder.glob("outputs/sweeps/*/results.csv")] or [None]
    if table is None:
        yield Verdict(f"the sweep ends with {process.returncode} and has no table")
        return
    with table.open(newline="") as file:
        statuses = [row["status"] for row in csv.DictReader(file)]
    for number in range(runs):
        status = statuses[number] if number < len(statuses) else "missing"
        yield Verdict(None if status == "done" else f"a member is {status}")
    yield from (Verdict(problem) for problem in _grown(samples, runs, strict=arena.long))
    yield Verdict(None, left[0] if left else None)


def _samples(process: subprocess.Popen[bytes], folder: Path) -> Iterator[_Sample]:
    """What is seen of a process until it ends, once for each further member that has ended."""
    begun, seen = time.monotonic(), 0
    while process.poll() is None:
        members = sum(1 for _ in folder.glob("outputs/sweeps/*/members/*.json"))
        if members > seen:
            seen = members
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                handles = sum(1 for _ in Path(f"/proc/{process.pid}/fd").iterdir())
            except OSError:  # it ends now
                break
            fields = dict(line.split(":", 1) for line in status.splitlines())
            memory = int(fields.get("RssAnon", "0 kB").split()[0]) / 1000
            yield _Sample(time.monotonic() - begun, members, memory, handles)
        time.sleep(_EVERY_S)
    process.wait()


def _grown(samples: Sequence[_Sample], runs: int, *, strict: bool) -> Iterator[str | None]:
    """What grew between the second quarter and the last one: memory, open files, time per run."""
    quarters = [
        [one for one in samples if runs * part / 4 < one.members <= runs * (part + 1) / 4]
        for part in range(4)
    ]
    early, late = quarters[1], quarters[3]
    if not early or not late:
        yield f"only {len(samples)} moments of it were seen"
        return
    memory = median(one.memory_mb for one in late) - median(one.memory_mb for one in early)
    per_run = memory / (runs / 2)
    # Some dozens of runs say little of a slope: what is allocated once is still being allocated.
    most = _MOST_MB if strict else 10 * _MOST_MB
    yield f"the process grows by {per_run:.3f} MB a run" if per_run > most else None
    handles = max(one.handles for one in late) - max(one.handles for one in early)
    yield f"{handles} more open files" if handles > 2 else None
    slow, quick = _per_run(late), _per_run(early)
    slower = slow > (1.5 if strict else 3.0) * quick
    yield f"a run takes {slow:.2f} s and not {quick:.2f} s" if slower else None


def _per_run(samples: Sequence[_Sample]) -> float:
    first, last = samples[0], samples[-1]
    return (last.seconds - first.seconds) / max(1, last.members - first.members)
