"""How fast `score --follow` reads a backlog, how much memory it takes, and how soon a finding is there.

    python scripts/benchmark_follow.py
    python scripts/benchmark_follow.py --lines 50_000_000 --models markov

The demo log, again and again, with blocks and days of its own in each round, so that nothing repeats. A
detector is trained on the first round. Then the log is read once through a pipe, in a process of its own
whose memory is looked at all the while, and with `score` from a file of the first million lines. Last,
lines are appended to a file one at a time, each of them a finding.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from benchmark_case import Case

from anomalog_exp.text_table import text_table

_FILE_LINES = 1_000_000
_FOLLOW = ("--follow", "--idle", "7200", "--stats", "0")
"""Sessions of HDFS pause for an hour: those that are cut would nearly all be findings."""

_APPENDED = 20
_NEW = "081109 203600 26 ERROR dfs.Other: something new of blk_{n}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=20_000_000, help="of the backlog")
    parser.add_argument("--demo-lines", type=int, default=50_000, help="of a round")
    parser.add_argument("--models", nargs="+", default=["markov"], help="detectors, one a row")
    parser.add_argument("--work", type=Path, help="a folder for the log of a million lines")
    given = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(dir=given.work) as work:
        case = Case(Path(work), given.demo_lines, Path(work))
        for model in given.models:
            rows.append({"model": model} | _measured(case, model, given.lines))
            print(json.dumps(rows[-1]), file=sys.stderr)
    print(text_table(rows, list(rows[0])))


def _measured(case: Case, model: str, lines: int) -> dict[str, Any]:
    bundle = _bundle(case, f"model={model}")
    rounds = -(-lines // case.lines)
    seconds, peaks = _backlog(bundle, case, rounds)
    few = min(lines, _FILE_LINES)
    log = case.folder / "file.log"
    with log.open("wb") as file:
        file.writelines(islice(_rounds(case.log), -(-few // case.lines)))
    batch = _seconds(["score", bundle, log, "tracking=none", "report.page=false"], case.folder)
    alone = _seconds(["score", bundle, log, *_FOLLOW, "--once"], case.folder)
    return {
        "lines": rounds * case.lines,
        "lines/s": round(rounds * case.lines / seconds),
        "MB at a quarter": peaks[len(peaks) // 4],
        "MB at the end": peaks[-1],
        "of score's time": alone / batch,
        "s to a finding": _delay(_bundle(case, "model=new_event", "sequence=line"), case.folder),
    }


def _bundle(case: Case, *overrides: str) -> str:
    from anomalog_exp.app import run

    quick = ["tracking=none", "report.page=false", "evaluation.bootstrap_samples=0"]
    return run(case.config(*quick, *overrides)).run_dir


def _rounds(log: Path) -> Iterator[bytes]:
    """The log, again and again: each time other blocks, on other days."""
    text, number = b"\n" + log.read_bytes().replace(b"blk_-", b"blk_"), 0
    days = sorted(set(re.findall(rb"\n(\d{6}) ", text)), reverse=True)
    while True:
        number += 1
        later = text.replace(b"blk_", b"blk_%d" % number)
        for day in days:
            when = datetime.strptime(day.decode(), "%y%m%d") + timedelta(len(days) * number)
            later = later.replace(b"\n%b " % day, f"\n{when:%y%m%d} ".encode())
        yield later[1:]


def _backlog(bundle: str, case: Case, rounds: int) -> tuple[float, list[int]]:
    """Seconds from the first line to the end, and the memory in MB after each round."""
    process = _started(["score", bundle, "-", *_FOLLOW, "--output", "found.jsonl"], case.folder)
    assert process.stdin is not None
    peaks = []
    with process.stdin as pipe:
        texts = _rounds(case.log)
        pipe.write(next(texts))
        begun = time.perf_counter()  # by when it has begun to read: a pipe holds 64 KiB
        for text in islice(texts, rounds - 1):
            pipe.write(text)
            peaks.append(_resident_mb(process.pid))
    peaks.append(peaks[-1] if peaks else 0)
    _refuse_failure(process)
    return time.perf_counter() - begun, peaks


def _resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


def _delay(bundle: str, folder: Path) -> float:
    """The longest time from a line to its finding."""
    log, output = folder / "live.log", folder / "live.jsonl"
    log.write_text(_NEW.format(n=0))
    process = _started(["score", bundle, log, "--follow", "--output", output], folder)
    delays = []
    try:
        for number in range(1, _APPENDED + 1):
            size, begun = output.stat().st_size if output.exists() else 0, time.perf_counter()
            with log.open("a") as file:
                file.write(_NEW.format(n=number))
            while not output.exists() or output.stat().st_size == size:
                time.sleep(0.002)
            delays.append(time.perf_counter() - begun)
    finally:
        process.kill()
        process.communicate()
        output.unlink(missing_ok=True)
        output.with_name(f"{output.name}.state").unlink(missing_ok=True)
    return max(delays[1:])  # the first one waited for the process to begin


def _started(words: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *map(str, words)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _seconds(words: Sequence[str | Path], folder: Path) -> float:
    begun = time.perf_counter()
    _refuse_failure(_started(words, folder))
    return time.perf_counter() - begun


def _refuse_failure(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None and process.stdin.closed:
        process.stdin = None
    _, told = process.communicate()
    if process.returncode:
        raise SystemExit(told.decode())


if __name__ == "__main__":
    main()
