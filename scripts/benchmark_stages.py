"""What the benchmark measures: one stage in a process of its own, its seconds and its memory as JSON.

    python scripts/benchmark_stages.py STAGE FOLDER LINES

A stage is a function that prepares everything and returns the work; only the work is timed. `FOLDER`
holds the generated log of `LINES` lines and what stages leave for others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmark_case import Case, Stage, Work, load, measured

__all__ = ["COMMAND_STAGES", "LOG_STAGES", "PEERS", "REFERENCES"]

# References: what the machine and polars need for the same bytes.


def _program(*command: str) -> Stage:
    return lambda case: (
        lambda: subprocess.run([*command, case.log], check=True, stdout=subprocess.DEVNULL)
    )


def _scan(change: Callable[[Any], Any]) -> Stage:
    """Scan the lines with polars, change each, and add up their lengths so that nothing is skipped."""

    def stage(case: Case) -> Work:
        import polars as pl

        length = change(pl.col("line")).str.len_bytes().sum()
        return lambda: pl.scan_lines(case.log).select(length).collect(engine="streaming")

    return stage


REFERENCES: dict[str, Stage] = {
    "cat": _program("cat"),
    "wc": _program("wc", "-l"),
    "scan_lines": _scan(lambda line: line),
    "r1": _scan(lambda line: line.str.extract("(blk_-?[0-9]+)")),
    "r2": _scan(lambda line: line.str.replace_all("[0-9]+", "0")),
}


# The log: from lines to columns, from columns to sequences, features and scores.


def _reader(case: Case) -> Work:
    """Our reader with the threads of a build, doing what `scan_lines` does."""
    import polars as pl

    from anomalog_exp.data.reading.blocks import Block, block_lines, read_blocks

    threads = pl.thread_pool_size()

    def size(block: Block) -> int:
        return int(block_lines(block.data)[0].str.len_bytes().sum())

    def work() -> int:
        total, waiting = 0, deque[Future[int]]()
        with ThreadPoolExecutor(threads + 1) as pool:
            for block in read_blocks([case.log]):
                waiting.append(pool.submit(size, block))
                if len(waiting) > threads + 2:
                    total += waiting.popleft().result()
            return total + sum(future.result() for future in waiting)

    return work


def _build(*overrides: str, parameters: bool = False) -> Stage:
    """Digest of the log, columns, vocabularies and labels, in a cache that is empty."""

    def stage(case: Case) -> Work:
        import anomalog_exp.data.demo.text  # noqa: F401 - brings polars, before the clock starts

        config = case.config(f"paths.cache_dir={case.scratch}", *overrides)
        return lambda: load(config, parameters=parameters)

    return stage


def _reopen(case: Case) -> Work:
    from anomalog_exp.data.dataset import open_dataset

    built = case.dataset()
    return lambda: open_dataset(built.directory, built.logs)


def _grouped(*overrides: str) -> Stage:
    def stage(case: Case) -> Work:
        config, dataset = case.config(*overrides), case.dataset()
        return lambda: config.sequence.apply(dataset, config.split)

    return stage


def _counts(*overrides: str) -> Stage:
    def stage(case: Case) -> Work:
        from anomalog_exp.features.counts import template_counts

        sequences = case.sequences(*overrides)
        return lambda: template_counts(sequences)

    return stage


def _phrase_counts(case: Case) -> Work:
    from anomalog_exp.features.counts import template_counts
    from anomalog_exp.features.phrases import phrase_matrix

    sequences = case.sequences()
    texts = sequences.dataset.templates
    return lambda: template_counts(sequences) @ phrase_matrix(texts, 2)[0]


def _distinct(*overrides: str) -> Stage:
    def stage(case: Case) -> Work:
        from anomalog_exp.features.distinct import distinct

        sequences = case.sequences(*overrides)
        return lambda: distinct(sequences)

    return stage


def _fit_and_score(model: str) -> Stage:
    """Fit on the first half of the sessions' windows of 10, score all of them."""

    def stage(case: Case) -> Work:
        from anomalog_exp.sequences.sequence_set import Split

        sequences = case.sequences(_WINDOWS)
        train, hidden = sequences.part(Split.TRAIN), sequences.unlabelled()
        detector = case.config(f"model={model}").model.build_detector()

        def work() -> None:
            detector.fit(train)
            detector.score(hidden)

        return work

    return stage


_WINDOWS = "sequence.window_size=10"
_STEP_1 = ("sequence=fixed", _WINDOWS, "sequence.step=1")
_READ = "dataset.structured_parser"
_FORMAT = (
    "dataset/structured_parser=custom",
    f"{_READ}.format='<Date> <Time> <Pid> <Level> <Component>: <Content>'",
    f"{_READ}.time_fields=[Date,Time]",
    f"{_READ}.time_format='%y%m%d %H%M%S'",
    f"{_READ}.entity_pattern='blk_-?[0-9]+'",
)
"""The log of the demo, described as a log of one's own."""

LOG_STAGES: dict[str, Stage] = {
    "reader": _reader,
    "build": _build(),
    "build_format": _build(*_FORMAT),
    "build_values": _build(parameters=True),
    "reopen": _reopen,
    "sessions": _grouped(),
    "windows": _grouped(_WINDOWS),
    "counts": _counts(),
    "phrase_counts": _phrase_counts,
    "distinct": _distinct(),
    "windows_step_1": _grouped(*_STEP_1),
    "counts_step_1": _counts(*_STEP_1),
    "distinct_step_1": _distinct(*_STEP_1),
    "template_frequency": _fit_and_score("template_frequency"),
    "naive_bayes": _fit_and_score("naive_bayes"),
    "markov": _fit_and_score("markov"),
}


# The command, on a small log.

_BARE_HYDRA = """
import hydra

@hydra.main(version_base="1.3", config_path={conf!r}, config_name="config")
def bare(config): pass

bare()
"""


def _bare_hydra(*arguments: str) -> Stage:
    """A program that only composes our configuration: what Hydra takes without us."""

    def stage(case: Case) -> Work:
        from anomalog_exp.options.listing import conf_dir

        script = case.scratch / "bare_hydra.py"
        script.write_text(_BARE_HYDRA.format(conf=str(conf_dir())), encoding="utf-8")
        return lambda: _quiet([sys.executable, str(script), *arguments], case.folder)

    return stage


def _command(*arguments: str) -> Stage:
    command = [sys.executable, "-m", "anomalog_exp", *arguments]
    return lambda case: lambda: _quiet(command, case.folder)


def _warm(*arguments: str, times: int = 1) -> Stage:
    """The command with these arguments, on a log `times` as large that is built."""

    def stage(case: Case) -> Work:
        folder = case.folder / f"times-{times}"
        larger = Case(folder, times * case.lines, case.scratch)
        folder.mkdir(exist_ok=True)
        larger.dataset()
        return _command(*larger.own(), "force=true", *arguments)(larger)

    return stage


def _sweep(workers: int, *arguments: str, times: int = 1) -> Stage:
    return _warm(*arguments, f"hydra.launcher.n_jobs={workers}", "-m", times=times)


def _quiet(command: list[str], folder: Path) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")


_TEN = ("model=markov,naive_bayes", "seed=range(5)")
_LONG = 200
"""How much larger the log is on which a second worker is timed: starting one takes as long as seconds of
work, which a short sweep never makes up for."""
COMMAND_STAGES: dict[str, Stage] = {
    "hydra_help": _bare_hydra("--help"),
    "help": _command("--help"),
    "hydra_cfg": _bare_hydra("--cfg", "job"),
    "cfg_job": _command("--cfg", "job"),
    "run_mlflow": _warm(),
    "run_none": _warm("tracking=none"),
    "sweep_of_1": _sweep(1, "seed=0"),
    "sweep_of_11": _sweep(1, "seed=range(11)"),
    "sweep_one_worker": _sweep(1, *_TEN, times=_LONG),
    "sweep_two_workers": _sweep(2, *_TEN, times=_LONG),
}


# The peers, each in an environment of its own: the same log, to the same point.


def _loglead(case: Case) -> Work:
    """Load, mask and parse with Drain, as LogLead's examples do."""
    from loglead.enhancers import EventLogEnhancer
    from loglead.loaders import HDFSLoader

    log = case.log
    labels = log.parent / "preprocessed/anomaly_label.csv"

    def work() -> None:
        events = HDFSLoader(filename=str(log), labels_file_name=str(labels)).execute()
        enhancer = EventLogEnhancer(events)
        enhancer.mask()
        enhancer.parse_drain()

    return work


def _anomalog(case: Case) -> Work:
    """Build the templated data set, in a cache that is empty."""
    # It also keeps state beside the caches that it is told of, and cannot read its own again.
    os.environ |= dict.fromkeys(("HOME", "XDG_CACHE_HOME"), str(case.scratch))
    from dataclasses import replace

    from anomalog.cache import CachePathsConfig
    from anomalog.presets import hdfs_v1
    from anomalog.sources.local import LocalDirSource

    places = CachePathsConfig(data_root=case.scratch / "data", cache_root=case.scratch / "cache")
    source = LocalDirSource(case.log.parent, raw_logs_relpath=Path(case.log.name))
    return replace(hdfs_v1, source=source).with_cache_paths(places).build


PEERS: dict[str, Stage] = {"loglead": _loglead, "anomalog": _anomalog}


def main(stage: str, folder: str, lines: str) -> None:
    """Print one stage's figures as one line of JSON, after whatever it printed itself."""
    stages = (
        REFERENCES | LOG_STAGES | COMMAND_STAGES | PEERS | {"prepare": lambda case: case.dataset}
    )
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as scratch:
        case = Case(Path(folder), int(lines), Path(scratch))
        print("\n" + json.dumps(measured(stages[stage](case))))


if __name__ == "__main__":
    main(*sys.argv[1:])
