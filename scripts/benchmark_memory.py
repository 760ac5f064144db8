"""Sequences, detectors and figures of a log that is larger than memory.

    python scripts/benchmark_memory.py --events 200000000 --memory 4

Columns of so many events are written as a build writes them: sessions of about 19 events that overlap in
time, 40 templates in the order of an HDFS block's life, one session in 50 anomalous. Each case is a
process of its own that may allocate no more than the given memory (RLIMIT_DATA, which counts all private
pages and no mapped files): it groups, splits, fits, judges, measures and writes a whole run dir.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from anomalog_exp.config import load_run_config
from anomalog_exp.data.columns import COLUMNS, UNLABELLED
from anomalog_exp.data.dataset import open_dataset
from anomalog_exp.data.vocabularies import write_vocabularies
from anomalog_exp.detection.run import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.results import (
    Provenance,
    ResultWriteContext,
    build_run_metrics_report,
    prepare_result_paths,
    write_run_outputs,
)
from anomalog_exp.results.environment import Clock

CASES: Final = {
    "sessions, markov": ["sequence=entity", "model=markov"],
    "sessions, pca": ["sequence=entity", "model=pca"],
    "sessions, template_frequency": ["sequence=entity", "model=template_frequency"],
    "windows of 100 lines, markov": ["sequence=fixed", "sequence.window_size=100", "model=markov"],
    "windows of 100 lines, pca": ["sequence=fixed", "sequence.window_size=100", "model=pca"],
    "windows of 50 ms, markov": ["sequence=time", "sequence.time_span_ms=50", "model=markov"],
}

_TEMPLATES: Final = 40
_LENGTH: Final = 19
_AT_ONCE: Final = 4_000_000
_OPEN: Final = 50_000
"""Sessions whose events are mixed with each other."""
_EVENTS_PER_S: Final = 2_000


def write_columns(folder: Path, events: int, seed: int) -> None:
    """Write a data set of so many events into a folder."""
    random = np.random.default_rng(seed)
    sessions = -(-events // _LENGTH)
    anomalous = random.random(sessions) < 0.02
    columns = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=column.dtype, shape=(events,)
        )
        for name, column in COLUMNS.items()
    }
    usual = np.minimum(np.arange(_LENGTH) // 2 * 3, _TEMPLATES - 10)
    for begin in range(0, events, _OPEN * _LENGTH):
        end = min(begin + _OPEN * _LENGTH, events)
        session, nth = np.divmod(np.arange(begin, begin + _OPEN * _LENGTH), _LENGTH)
        # Each event a little later than the one before it in its session.
        order = np.argsort(random.random(len(session)) * 4 + nth, kind="stable")[: end - begin]
        session, nth = np.minimum(session[order], sessions - 1), nth[order]
        template = usual[nth] + random.integers(0, 3, len(nth)) * (nth % 5 == 0)
        odd = anomalous[session] & (random.random(len(nth)) < 0.2)
        template[odd] = _TEMPLATES - 1 - random.integers(0, 8, int(odd.sum()))
        part = slice(begin, end)
        columns["entity"][part] = session
        columns["template"][part] = template
        columns["label"][part] = UNLABELLED
        columns["level"][part] = -1
        columns["source"][part] = 0
        columns["line"][part] = np.arange(begin, end)
        columns["time_ms"][part] = 1_700_000_000_000 + np.arange(begin, end) * 1000 // _EVENTS_PER_S
    write_vocabularies(
        folder,
        templates=[f"template {number} of a log" for number in range(_TEMPLATES)],
        sources=["made.log"],
        entities=pl.Series("entity", np.arange(sessions)).cast(pl.String),
        entity_label=anomalous.astype(np.int8),
    )
    facts = {"lines_total": events, "digest": f"{events}-{seed}", "dataset_name": "made"}
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")


def run_case(folder: Path, out: Path, case: str, memory: float) -> None:
    """Run one case in this process and print its seconds and its memory as JSON."""
    bound = int(memory * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    config = load_run_config([*CASES[case], f"paths.output_dir={out}", "keep_bundle=false"])
    begun = time.perf_counter()
    dataset = open_dataset(folder, [])
    clock = Clock()
    sequences = config.sequence.apply(dataset, config.split)
    grouped = time.perf_counter()
    summary = run_model(config.model, sequences, progress=SILENT)
    judged = time.perf_counter()
    report = build_run_metrics_report(config, sequences, summary)
    files = prepare_result_paths(config)
    provenance = Provenance(files.run_fingerprint, dataset.digest, "")
    write_run_outputs(
        ResultWriteContext(config, [], files, provenance, clock), sequences, summary, report
    )
    ended = time.perf_counter()
    figures = {
        "case": case,
        "sequences": len(sequences),
        "group": grouped - begun,
        "judge": judged - grouped,
        "write": ended - judged,
        "seconds": ended - begun,
        "run_dir": str(files.run_dir),
    }
    print(json.dumps(figures))


def _watched(command: list[str], out: Path) -> tuple[int, float]:
    """How a command ended, and the most private memory in MB that it held, without mapped files."""
    with (
        out.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        most = 0
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            held = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")]
            most = max(most, *map(int, held), 0)
            time.sleep(0.05)
    return process.returncode, most * 1024 / 1e6


def main() -> None:
    """Write the columns if they are not there, and run the cases one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--memory", type=float, default=4.0, help="GB that a case may allocate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", choices=CASES, action="append", help="only this one")
    parser.add_argument("--folder", type=Path, help="a data set that was written, or is to be")
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.within:
        run_case(asked.folder, asked.within, asked.case[0], asked.memory)
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        folder = asked.folder or Path(scratch)
        if not (folder / "manifest.json").is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_columns(folder, asked.events, asked.seed)
        for case in asked.case or CASES:
            command = [
                *(sys.executable, __file__, "--folder", str(folder), "--within", f"{scratch}/out"),
                *("--case", case, "--memory", str(asked.memory)),
            ]
            output = Path(scratch) / "output"
            ended, most = _watched(command, output)
            said = output.read_text(encoding="utf-8")
            if ended:
                print(f"{case}: ended with {ended}\n{said[-800:]}")
            else:
                print(json.dumps(json.loads(said.splitlines()[-1]) | {"peak_mb": round(most)}))


if __name__ == "__main__":
    main()
