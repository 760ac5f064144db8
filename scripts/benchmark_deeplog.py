"""How long `model=deeplog` takes beside the package `deeplog` on the same sessions, end to end.

    python scripts/benchmark_deeplog.py FOLDER --package-python /path/to/env/bin/python
    python scripts/benchmark_deeplog.py FOLDER --package-python ... --repeats 1 tracking=none

FOLDER has the session files of HDFS that are published with LogDeep: `hdfs_train` and
`hdfs_test_abnormal`. Nine tenths of the first train, the last tenth and the second are judged. Both
learn for 30 epochs, with batches of 128, histories of ten events that are filled up from the left, two
layers of 64 units, and Adam at 0.001. Both flag a session with an event that is none of nine
candidates, or that training never showed. Ours is `python -m anomalog_exp` as a user types it, which
also builds the data set, and writes its run dir, its page and its run in MLflow; what a command adds
behind the options is added to it.

Each is a process of its own with one thread, in turn. Seconds of the processor stand beside those of
the clock, which on a machine that does other work tell more of that. The environment of the package
needs `pip install deeplog torch-train pandas tqdm torch`: it does not name all that it imports.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_FILES = ("hdfs_train", "hdfs_test_normal", "hdfs_test_abnormal")
_UNKNOWN = 0
"""The event that stands for all that training never showed; those of HDFS count from 1."""

Row = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both in turn, and print a row of each run and the ratios."""
    given = _parser().parse_args(arguments)
    rows: dict[str, list[Row]] = {"package": [], "ours": []}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work, "sessions")
        _split(given.folder, folder)
        # What an installation does once, as putting together the script that draws charts.
        _ours(folder, Path(work), 0, 1, given.override)
        print("| | seed | processor, s | clock, s | MB | recall | false alarms |")
        print("|---|---|---|---|---|---|---|")
        for seed in range(given.repeats):
            rows["package"].append(_package(given.package_python, folder, seed, given.epochs))
            rows["ours"].append(_ours(folder, Path(work), seed, given.epochs, given.override))
            for name, found in rows.items():
                row = found[-1]
                print(
                    f"| {name} | {seed} | {row['processor']:.1f} | {row['clock']:.1f} | "
                    f"{row['mb']:.0f} | {row['recall']:.3f} | {row['false_alarms']:.0f} |",
                    flush=True,
                )
    for measure in ("processor", "clock"):
        pairs = zip(rows["package"], rows["ours"], strict=True)
        ratios = sorted(theirs[measure] / ours[measure] for theirs, ours in pairs)
        least, most = (
            [pick(row[measure] for row in found) for found in rows.values()] for pick in (min, max)
        )
        print(
            f"{measure}: the package takes {least[0]:.1f} to {most[0]:.1f} s, ours {least[1]:.1f} to "
            f"{most[1]:.1f} s; {ratios[0]:.1f} to {ratios[-1]:.1f} times as long"
        )


def _split(given: Path, folder: Path) -> None:
    """Lay out the sessions: nine tenths of the normal ones train."""
    folder.mkdir()
    normal = (given / _FILES[0]).read_text().splitlines(keepends=True)
    border = len(normal) - len(normal) // 10
    (folder / _FILES[0]).write_text("".join(normal[:border]))
    (folder / _FILES[1]).write_text("".join(normal[border:]))
    shutil.copy(given / _FILES[2], folder)


def _ours(folder: Path, work: Path, seed: int, epochs: int, overrides: Sequence[str]) -> Row:
    """`python -m anomalog_exp` on the sessions."""
    shutil.rmtree(work / "cache/hdfs_sessions", ignore_errors=True)
    for earlier in (work / "outputs").glob("hdfs_sessions-*"):
        shutil.rmtree(earlier)
    rules = ("end_of_session=false", "window_weights=counts", "label_smoothing=0")
    row = _timed(
        [
            *(sys.executable, "-m", "anomalog_exp", "dataset=hdfs_sessions", "model=deeplog"),
            *(f"dataset.source.path={folder}", f"seed={seed}", f"model.epochs={epochs}"),
            *(f"model.{rule}" for rule in rules),
            *(f"paths.{kind}_dir={work / kind}" for kind in ("cache", "data")),
            *(f"paths.output_dir={work / 'outputs'}", *overrides),
        ]
    )
    (metrics,) = (work / "outputs").glob("hdfs_sessions-*/*/metrics.json")
    block = json.loads(metrics.read_bytes())["blocks"]["sequence_level_detection"]
    found = block["confusion"]
    return row | {"recall": found["tp"] / (found["tp"] + found["fn"]), "false_alarms": found["fp"]}


def _package(python: Path, folder: Path, seed: int, epochs: int) -> Row:
    """The package on the same sessions, by this file run as a script of its environment."""
    out = folder / "package.json"
    row = _timed([str(python), __file__, "--in-package", str(folder), str(seed), str(epochs)])
    return row | json.loads(out.read_bytes())


def _timed(command: Sequence[str]) -> Row:
    """Run a command with one thread: seconds of processor and clock, and the most memory."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | threads)
        _, status, used = os.wait4(process.pid, 0)
        clock = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            out.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{out.read()}")
    return {
        "processor": used.ru_utime + used.ru_stime,
        "clock": clock,
        "mb": used.ru_maxrss / 1024,
    }


def _in_package(folder: Path, seed: int, epochs: int) -> None:
    """Read, learn and judge with the package: what runs in its environment."""
    import numpy as np
    import torch
    from deeplog import DeepLog
    from deeplog.preprocessor import Preprocessor

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    parts = [
        [line.split() for line in (folder / name).read_text().splitlines() if line.split()]
        for name in _FILES
    ]
    known = {event for session in parts[0] for event in session}
    texts = [
        " ".join(event if event in known else str(_UNKNOWN) for event in session)
        for part in parts
        for session in part
    ]
    # It numbers events file by file, so that all sessions are one file.
    (folder / "all").write_text("\n".join(texts) + "\n")
    read = Preprocessor(length=10, timeout=float("inf"))
    context, events, _, mapping = read.text(folder / "all")
    borders = np.cumsum([0, *(len(session) for part in parts for session in part)])
    tested = int(borders[len(parts[0])])
    network = DeepLog(len(mapping), 64, len(mapping))
    network.fit(
        context[:tested],
        events[:tested],
        epochs=epochs,
        batch_size=128,
        learning_rate=0.001,
        optimizer=torch.optim.Adam,
    )
    candidates, _ = network.predict(context[tested:], k=9)
    unknown = torch.tensor([mapping[int(one)] == _UNKNOWN for one in events[tested:].unique()])
    is_unknown = torch.isin(events[tested:], events[tested:].unique()[unknown])
    missed = ~(candidates == events[tested:, None]).any(dim=1) | is_unknown
    flagged = np.logical_or.reduceat(missed.numpy(), borders[len(parts[0]) : -1] - tested)
    normal = len(parts[1])
    told = {"recall": flagged[normal:].mean(), "false_alarms": int(flagged[:normal].sum())}
    (folder / "package.json").write_text(json.dumps(told))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of the session files")
    parser.add_argument("--package-python", type=Path, required=True, metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("override", nargs="*", help="for ours, as tracking=none")
    return parser


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-package"]:
        _in_package(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
