"""How fast each stage is, as a ratio to what polars and Hydra alone take in the same run.

    python scripts/benchmark.py
    python scripts/benchmark.py --lines 1_000_000 --against benchmark.json --out again
    python scripts/benchmark.py --lines 1_000_000 --loglead-python /path/to/env/bin/python

Logs are those of the demo generator. Every stage runs in a process of its own, all stages of a size in
turn, several times over. The least time counts, as whatever else the machine does only adds; of memory
the most, as a peak is one however seldom. Writes `<out>.json` and `<out>.md`. Stages are in
`benchmark_stages.py`, their logs in `benchmark_case.py`, ratios and goals in `benchmark_table.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmark_case import Case
from benchmark_stages import COMMAND_STAGES, LOG_STAGES, PEERS, REFERENCES
from benchmark_table import COMMAND, Figures, compared, goals_of, report, rows_of

_PEERS_UP_TO = 1_000_000
"""Lines; larger logs take a peer many minutes."""

Plan = list[tuple[str, str]]
"""Stages and the interpreters that run them."""


class Benchmark:
    """Runs of stages, as they come in."""

    def __init__(self, repeats: int, only: Sequence[str]) -> None:
        self._repeats = repeats
        self._only = only
        self.runs: dict[tuple[int, str], list[Figures]] = {}

    def measure(self, folder: Path, lines: int, plan: Plan, label: int) -> None:
        """Run the stages of a plan in turn, as often as wanted; the first run of all prepares."""
        folder.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "prepare", folder, lines)
        chosen = [one for one in plan if not self._only or one[0] in self._only]
        for nth in range(self._repeats):
            for stage, python in chosen:
                figures = _run(python, stage, folder, lines)
                self.runs.setdefault((label, stage), []).append(figures)
                told = f"{label or 'command':>10} {stage:24} {figures['seconds']:8.3f} s"
                print(f"{nth + 1}/{self._repeats} {told}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write and print."""
    given = _parser().parse_args(arguments)
    benchmark = Benchmark(given.repeats, given.only)
    events: dict[int, int] = {}
    with tempfile.TemporaryDirectory(dir=given.work) as work:
        for lines in given.lines:
            folder = Path(work, str(lines))
            benchmark.measure(folder, lines, _log_plan(given, lines), lines)
            with Case(folder, lines, folder).log.open("rb") as log:
                events[lines] = sum(1 for _ in log)
        if given.command_lines:
            plan = [(stage, sys.executable) for stage in COMMAND_STAGES]
            benchmark.measure(Path(work, "command"), given.command_lines, plan, COMMAND)
    rows = rows_of(benchmark.runs, events)
    earlier = json.loads(given.against.read_text(encoding="utf-8"))["rows"] if given.against else []
    result = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "mlflow")),
        "repeats": given.repeats,
        "rows": rows,
        "goals": [goal._asdict() | {"met": goal.met} for goal in goals_of(rows)],
        "compared": compared(rows, earlier),
    }
    given.out.with_suffix(".json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    text = report(result)
    given.out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def _log_plan(given: argparse.Namespace, lines: int) -> Plan:
    plan = [(stage, sys.executable) for stage in (*REFERENCES, *LOG_STAGES)]
    if lines <= _PEERS_UP_TO:
        peers = zip(PEERS, (given.loglead_python, given.anomalog_python), strict=True)
        plan += [(stage, python) for stage, python in peers if python]
    return plan


def _run(python: str, stage: str, folder: Path, lines: int) -> Figures:
    script = Path(__file__).with_name("benchmark_stages.py")
    ended = subprocess.run(
        [python, str(script), stage, str(folder), str(lines)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"{stage} ended with {ended.returncode}:\n{ended.stderr}")
    figures: Figures = json.loads(ended.stdout.splitlines()[-1])
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument(
        "--lines",
        type=int,
        nargs="*",
        default=[100_000, 1_000_000, 10_000_000],
        help="sizes of the logs",
    )
    parser.add_argument("--repeats", type=int, default=5, help="runs of each stage")
    parser.add_argument("--only", nargs="+", default=[], metavar="STAGE", help="these stages alone")
    parser.add_argument(
        "--command-lines",
        type=int,
        default=50_000,
        help="size of the log that the command is timed on; 0 leaves the command out",
    )
    parser.add_argument("--out", type=Path, default=Path("benchmark"), help="files to write")
    parser.add_argument("--against", type=Path, help="an earlier JSON to compare with")
    parser.add_argument("--work", type=Path, help="folder for logs, which are deleted at the end")
    parser.add_argument("--loglead-python", help="interpreter of an environment with LogLead 2")
    parser.add_argument("--anomalog-python", help="interpreter of an environment with AnomaLog 0.6")
    return parser


if __name__ == "__main__":
    main()
