"""Whether a server of MLflow has all runs that reach it at once, where it answers and where it does not.

    python scripts/benchmark_tracking.py
    python scripts/benchmark_tracking.py --runs 16 --workers 1

PostgreSQL and MLflow's server are started on this machine. So many processes compute a small run each,
wait for one another, and mirror their runs at the same moment into an experiment that is not there yet.
The command `mirror` brings in what could not be delivered. Then all that the server has is compared with
the run dirs: status, times, metrics, params, tags, data set, files. A row is one way in which the
server, or the network before it, behaves. The exit code is 1 where a run is lost, there twice or not
equal.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from faulty_proxy import Faults, faulty_proxy
from reliability_process import Forks, Job
from team_server import free_port, mlflow_server, postgresql, why_no_postgresql
from tracked_together import Meeting, run_together, tracked

from anomalog_exp.text_table import text_table

_AWAY_S = 5.0
_REQUESTS_BEFORE = 8
"""For each run, after which the server is killed: about a third of what a run asks for."""


@dataclass(frozen=True)
class Behaviour:
    """What runs meet.

    Attributes:
        name: What the table says.
        faults: Of the network, as arguments of `Faults`.
        variables: What the environment of the runs has besides.
        dies: The server is killed in the middle, and started again.
    """

    name: str
    faults: Mapping[str, float] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    dies: bool = False


_LOSSES = {"unheard": 0.02, "unanswered": 0.02, "refused": 0.02}
_BEHAVIOURS = (
    Behaviour("answers"),
    Behaviour("6 % of requests fail", _LOSSES),
    Behaviour("the same, 5 retries", _LOSSES, {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5"}),
    Behaviour("2 % of answers after 20 s", {"late": 0.02, "late_s": 20.0}),
    Behaviour("killed in the middle", dies=True),
)


class Server:
    """MLflow's server, which can be killed and started again at the same port."""

    def __init__(self, database: str, artifacts: Path, workers: int) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._start = lambda: mlflow_server(database, artifacts, self.port, workers)
        self._running = ExitStack()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._running.enter_context(self._start())

    def kill(self) -> None:
        """Kill its processes."""
        self._running.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=64, help="at once")
    parser.add_argument("--workers", type=int, default=4, help="processes of MLflow's server")
    parser.add_argument("--lines", type=int, default=3000, help="of the log of each run")
    parser.add_argument("--only", help="words of one row")
    given = parser.parse_args(arguments)
    if reason := why_no_postgresql():
        parser.error(reason)
    rows = []
    with ExitStack() as stack:
        work = Path(stack.enter_context(TemporaryDirectory()))
        database = stack.enter_context(postgresql())
        server = Server(database, work / "artifacts", given.workers)
        server.start()
        stack.callback(server.kill)
        forks = Forks(work / "forks", tracker=True)
        stack.callback(forks.close)
        for number, behaviour in enumerate(_BEHAVIOURS):
            if given.only and given.only not in behaviour.name:
                continue
            folder = work / str(number)
            folder.mkdir()
            options = [
                f"dataset.source.lines={given.lines}",
                "model=naive_bayes",
                f"tracking.experiment_name={_experiment(folder)}",
                "report.page=false",
            ]
            commands = [[*options, f"seed={seed}"] for seed in range(given.runs)]
            with _connections(database) as most:
                row = _measured(forks, server, folder, behaviour, commands)
            rows.append(row | {"connections": most[0]})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(text_table(rows, list(rows[0])))
    wrong = ("lost", "doubled", "unequal", "others")
    return int(any(row[name] for row in rows for name in wrong))


def _measured(
    forks: Forks, server: Server, folder: Path, behaviour: Behaviour, commands: list[list[str]]
) -> dict[str, Any]:
    faults = Faults(**behaviour.faults)
    memory: list[float] = []

    def met(meeting: Meeting) -> None:
        memory.extend(map(_private_mb, meeting.present()))

    with faulty_proxy(free_port(), server.port, faults) as address:
        variables = {"MLFLOW_TRACKING_URI": address, **behaviour.variables}
        dying = _dying(server, faults, _REQUESTS_BEFORE * len(commands))
        with dying if behaviour.dies else nullcontext():
            jobs = [Job(folder, one, environment=variables) for one in commands]
            ended, meeting = run_together(forks, folder, jobs, met)
    if failed := [one.err for one in ended if one.code]:
        raise RuntimeError(f"{len(failed)} runs failed: {failed[0]}")
    run_dirs = sorted(path.parent for path in folder.glob("outputs/*/*/status.json"))
    experiment = _experiment(folder)
    at_once = tracked(server.address, experiment, run_dirs)
    undelivered = sum("is not in MLflow" in one.err for one in ended)
    begun = time.monotonic()
    mirror = ["mirror", *map(str, run_dirs)]
    where = {"MLFLOW_TRACKING_URI": server.address}
    (brought,) = forks.run(Job(folder, mirror, environment=where, timeout=600.0))
    if brought.code:
        raise RuntimeError(brought.err)
    mirrored_s = time.monotonic() - begun
    found = tracked(server.address, experiment, run_dirs)
    for wrong in (*found.lost, *found.doubled, *found.differing, *found.left_over):
        print(wrong, file=sys.stderr)
    spans = meeting.spans()
    return {
        "the server": behaviour.name,
        "runs": len(run_dirs),
        "at once": _most_at_once(spans),
        "MB each": round(sum(memory) / len(memory)),
        "s": f"{max(end for _, end in spans) - min(begin for begin, _ in spans):.1f}",
        "longest": f"{max(end - begin for begin, end in spans):.1f}",
        "requests": sum(faults.counts.values()),
        "whole at once": at_once.whole,
        "undelivered": undelivered,
        "s of mirror": f"{mirrored_s:.1f}",
        "whole": found.whole,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "unequal": len(run_dirs) - found.whole - len(found.lost) - len(found.doubled),
        "others": len(found.left_over),
    }


def _experiment(folder: Path) -> str:
    return f"shared-{folder.name}"


def _most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    """The largest number of spans that have a moment in common."""
    return max(sum(begin <= moment <= end for begin, end in spans) for moment, _ in spans)


def _private_mb(process: int) -> float:
    """The share of memory that a process takes: pages that others have too count in parts."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(process)


@contextmanager
def _dying(server: Server, faults: Faults, requests: int) -> Iterator[None]:
    """The server is killed after so many requests, and there again when the block ends."""
    over = threading.Event()

    def die() -> None:
        while sum(faults.counts.values()) < requests:
            if over.wait(0.02):
                return
        server.kill()
        time.sleep(_AWAY_S)
        server.start()

    thread = threading.Thread(target=die)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _connections(database: str) -> Iterator[list[int]]:
    """The largest number of connections of clients that the database has had inside the block."""
    import psycopg

    most, over = [0], threading.Event()
    ask = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"

    def watch() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not over.wait(0.2):
                (number,) = connection.execute(ask).fetchone() or (0,)
                most[0] = max(most[0], number - 1)  # but for this one

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
