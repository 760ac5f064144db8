"""What each detector takes where a log has very many templates: seconds, memory, and how it ends.

    python scripts/benchmark_templates.py
    python scripts/benchmark_templates.py --templates 20_000 --sequences 200 --only pca kmeans
    python scripts/benchmark_templates.py --templates 50 --events 20 --sequences 500_000 --distinct 4_000

Sequences of 100 events each, every event of a template drawn at random, and a tenth of them anomalous:
no two are alike, which is the worst that a miner can make of a log. With `--distinct`, each is one
of so many, the n-th of them by a chance that goes as 1 / n. Half train, half are tested. Every
detector runs as its config has it, in a process of its own with one thread, which may take no more than
the limits. Seconds are those of the processor; memory is what the process holds besides the sequences.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from anomalog_exp.config import load_run_config
from anomalog_exp.data.columns import COLUMNS, UNLABELLED
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import model_names, run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

_ANOMALOUS = 10
"""One of so many sequences is."""


def many_templates(
    sequences: int, templates: int, length: int = 100, distinct: int | None = None
) -> SequenceSet:
    """Sequences of random templates; see above."""
    random = np.random.default_rng(1)
    events = sequences * length
    nth = np.arange(sequences)
    label = (nth % _ANOMALOUS == 0).astype(np.int8)
    drawn = random.integers(0, templates, (sequences if distinct is None else distinct, length))
    if distinct is not None:
        chance = 1 / np.arange(1, distinct + 1)
        drawn = drawn[random.choice(distinct, sequences, p=chance / chance.sum())]
    values = {
        "line": np.arange(events),
        "time_ms": np.arange(events) * 1000,
        "entity": np.repeat(nth, length),
        "template": drawn.reshape(-1),
        "label": np.full(events, UNLABELLED),
    }
    columns = {
        name: np.array(values.get(name, column.without_values(events)), dtype=column.dtype)
        for name, column in COLUMNS.items()
    }
    dataset = LogDataset(
        directory=Path("in-memory"),
        **columns,
        entity_label=label,
        templates=tuple(f"statement {code:x} of <*>" for code in range(templates)),
        manifest={"digest": "in-memory", "lines_total": events},
    )
    return SequenceSet(
        dataset=dataset,
        order=np.arange(events),
        start=nth * length,
        stop=(nth + 1) * length,
        label=label,
        split=np.where(nth < sequences // 2, Split.TRAIN, Split.TEST).astype(np.uint8),
        entity=nth.astype(np.int32),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the detectors in turn, and print a row of each."""
    given = _parser().parse_args(arguments)
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    if not threads.items() <= os.environ.items():
        # Libraries read them when they are imported.
        again = [sys.executable, __file__, *(sys.argv[1:] if arguments is None else arguments)]
        os.execve(sys.executable, again, os.environ | threads)
    sequences = many_templates(given.sequences, given.templates, given.events, given.distinct)
    print(f"| {given.templates:,} templates, {given.sequences:,} sequences | seconds | MB | ends |")
    print("|---|---|---|---|", flush=True)
    for name in given.only or [one for one in model_names() if one != "union"]:
        row = _row(name, given, sequences)
        print(f"| {name} | {row['seconds']:.1f} | {row['mb']:,.0f} | {row['ends']} |", flush=True)


def _row(name: str, given: argparse.Namespace, sequences: SequenceSet) -> dict[str, object]:
    """What one detector takes in a copy of this process, which holds the sequences already."""
    with tempfile.TemporaryFile("w+") as out:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), sys.stderr.fileno())
            try:
                print(json.dumps(_alone(name, given, sequences)), file=sys.stderr, flush=True)
                os._exit(0)
            except Exception as error:  # noqa: BLE001 (it is told as a row, and the next one runs)
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        said = (out.read().strip() or "ended without a word").splitlines()[-1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return {"seconds": given.seconds, "mb": np.nan, "ends": "too slow"}
    if status:
        return {"seconds": np.nan, "mb": np.nan, "ends": said}
    return json.loads(said)


def _alone(name: str, given: argparse.Namespace, sequences: SequenceSet) -> dict[str, object]:
    """Run one detector in this process, within the limits of memory and time."""
    config = load_run_config([f"model={name}", *given.override]).model
    limit = int(given.memory_gb * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # The peak so far is that of making the sequences.
    Path("/proc/self/clear_refs").write_text("5")
    begin, before = time.process_time(), _peak()
    seconds = int(begin + given.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        summary = run_model(config, sequences, progress=SILENT)
        summary.explain(np.flatnonzero(summary.predicted)[:20], 5)
        ends = f"{summary.predicted.sum():,} of {len(summary.test):,} flagged"
    except NotApplicable as reason:
        ends = f"does not apply: {reason}"
    return {"seconds": time.process_time() - begin, "mb": _peak() - before, "ends": ends}


def _peak() -> float:
    """Megabytes that the process held at most since its peak was forgotten."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sequences", type=int, default=1_000)
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=100, help="of a sequence")
    parser.add_argument("--distinct", type=int, help="sequences that repeat")
    parser.add_argument("--only", nargs="+", default=[], help="detectors")
    parser.add_argument("--seconds", type=float, default=60, help="for each detector")
    parser.add_argument("--memory_gb", type=float, default=8, help="for each detector")
    parser.add_argument("override", nargs="*", help="as in model.max_coefficient=300")
    return parser


if __name__ == "__main__":
    main()
