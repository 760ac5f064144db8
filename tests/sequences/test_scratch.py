"""Arrays that are files: what is computed a portion at a time is what is computed at once."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.columns import COLUMNS, UNLABELLED
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.detection.run import run_model
from anomalog_exp.errors import ConfigError
from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.features.distinct import distinct
from anomalog_exp.models import markov
from anomalog_exp.progress import SILENT
from anomalog_exp.results import build_run_metrics_report
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet
from tests.command import SMALL_DEMO, command, python
from tests.grouping import grouped
from tests.logs import built, log_dataset
from tests.sequencing import LOG_ROWS


@contextmanager
def portions_of(numbers: int) -> Iterator[None]:
    before = scratch.PORTION
    scratch.PORTION = numbers
    try:
        yield
    finally:
        scratch.PORTION = before


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 8), st.data())
def test_each_part_is_what_numpy_makes_of_all_of_it(codes, portion, data):
    column = np.array(codes, dtype=np.int32)
    places = st.lists(st.integers(0, max(len(codes) - 1, 0)), max_size=20 if codes else 0)
    at = np.array(data.draw(places), dtype=np.int64)
    with portions_of(portion):
        assert scratch.positions(len(codes)).tolist() == list(range(len(codes)))
        assert scratch.gathered(column, at).tolist() == [codes[place] for place in at]
        assert scratch.counted(column, 5).tolist() == [codes.count(code) for code in range(5)]
        running = scratch.running_count(lambda part: column[part] == 2, len(codes))
        assert running.tolist() == [codes[:n].count(2) for n in range(len(codes) + 1)]
        pieces = np.array_split(column, 3)
        assert scratch.joined(iter(pieces), len(codes), np.int32).tolist() == codes
        with pytest.raises(ValueError, match="numbers came"):
            scratch.joined([column], len(codes) + 1, np.int32)


OPTIONS = st.sampled_from(
    [
        ("entity", {}),
        ("entity", {"window_size": 2, "step": 1}),
        ("entity", {"window_size": 3, "continuous_context": True}),
        ("fixed", {"window_size": 3, "step": 1}),
        ("fixed", {"window_size": 2}),
        ("time", {"time_span_ms": 3, "step": 2}),
        ("time", {"time_span_ms": 2, "emit_empty": True}),
        ("stream", {"chunk_size": 4}),
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    LOG_ROWS, OPTIONS, st.sampled_from(["chronological", "normal_only", "all"]), st.integers(1, 7)
)
def test_sequences_are_the_same_a_few_events_at_a_time(rows, options, split, portion):
    sequence, chosen = options
    log = log_dataset(rows)
    try:
        at_once = grouped(log, sequence, split, **chosen)
    except ConfigError as error:
        with portions_of(portion), pytest.raises(ConfigError) as raised:
            grouped(log, sequence, split, **chosen)
        assert str(raised.value) == str(error)
        return
    with portions_of(portion):
        _same(grouped(log, sequence, split, **chosen), at_once)


def _same(one: SequenceSet, other: SequenceSet) -> None:
    """They hold the same, and what is computed of them now is what was computed of the other."""
    for field in fields(SequenceSet):
        mine, others = getattr(one, field.name), getattr(other, field.name)
        if isinstance(others, np.ndarray):
            assert (mine.dtype, mine.tolist()) == (others.dtype, others.tolist()), field.name
        elif field.name != "dataset":
            assert mine == others, field.name
    assert one.rows.tolist() == other.rows.tolist()
    assert one.templates.tolist() == other.templates.tolist()
    assert one.trainable_counts().tolist() == other.trainable_counts().tolist()
    assert one.events_held == other.events_held
    assert distinct(one).group.tolist() == distinct(other).group.tolist()
    mine, others = count_vectors(one), count_vectors(other)
    assert mine.group.tolist() == others.group.tolist()
    assert mine.vectors.toarray().tolist() == others.vectors.toarray().tolist()


@pytest.mark.parametrize(
    "overrides",
    [
        ["sequence=entity", "model=markov"],
        ["sequence=entity", "split=normal_only", "model=template_frequency"],
        ["sequence=entity", "sequence.window_size=8", "sequence.step=2", "model=pca"],
        ["sequence=fixed", "sequence.window_size=50", "sequence.step=10", "model=rarity"],
        ["sequence=time", "sequence.time_span_ms=60000", "model=naive_bayes"],
        ["sequence=stream", "sequence.chunk_size=500", "model=oov"],
    ],
    ids=lambda overrides: " ".join(overrides),
)
def test_results_on_a_real_log_are_the_same_bytes(overrides, hdfs, monkeypatch):
    config = load_run_config(["dataset=hdfs", *overrides])

    def results() -> tuple[list[bytes], str]:
        sequences = config.sequence.apply(hdfs, config.split)
        summary = run_model(config.model, sequences, progress=SILENT)
        events = [] if summary.next_events is None else [summary.next_events.rank.tobytes()]
        report = build_run_metrics_report(config, sequences, summary)
        scores = [summary.scores.tobytes(), summary.predicted.tobytes(), *events]
        return scores, str(report.to_json())

    at_once = results()
    monkeypatch.setattr(scratch, "PORTION", 700)
    monkeypatch.setattr(markov, "_EVENTS_AT_ONCE", 1100)
    assert results() == at_once


@pytest.fixture(scope="module")
def hdfs(shared_data, tmp_path_factory) -> LogDataset:
    folder = tmp_path_factory.mktemp("hdfs")
    with zipfile.ZipFile(shared_data / "hdfs_v1_2pct.zip") as archive:
        archive.extractall(folder)
    return built(load_run_config(["dataset=hdfs"]), folder / "HDFS.log", folder / "built")


@pytest.mark.parametrize("model", ["markov", "template_frequency", "pca"])
@pytest.mark.parametrize("sequence", ["fixed", "stream", "time"])
def test_memory_does_not_grow_with_the_log(sequence, model, monkeypatch):
    monkeypatch.setattr(scratch, "PORTION", 1 << 12)
    monkeypatch.setattr(markov, "_EVENTS_AT_ONCE", 1 << 12)
    size = {"fixed": "window_size", "stream": "chunk_size", "time": "time_span_ms"}[sequence]
    asked = [f"sequence={sequence}", f"sequence.{size}=1000", f"model={model}"]
    config = load_run_config([*asked, "model/decision=quantile"])

    def most(events: int) -> int:
        log = repeating(events)
        tracemalloc.start()
        try:
            sequences = config.sequence.apply(log, config.split)
            summary = run_model(config.model, sequences, progress=SILENT)
            build_run_metrics_report(config, sequences, summary)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most(100_000)  # what is imported by the way
    small, large = most(100_000), most(800_000)
    # A column of the events that were added would take 0.7 to 5.6 MB.
    assert large - small < 300_000, (small, large)


def repeating(events: int) -> LogDataset:
    """A log of five templates in turn, a millisecond apart, each tenth window otherwise."""
    number = np.arange(events)
    given = {
        "line": number,
        "time_ms": number,
        "template": np.where(number // 1000 % 10 == 3, number % 3, number % 5),
    }
    columns = {
        name: given.get(name, column.without_values(events)).astype(column.dtype)
        for name, column in COLUMNS.items()
    }
    return LogDataset(
        directory=Path("in-memory"),
        **columns,
        entity_label=np.full(0, UNLABELLED, dtype=np.int8),
        templates=tuple("abcde"),
        manifest={"digest": "in-memory", "lines_total": events},
    )


def test_a_long_array_has_no_name_and_its_room_is_given_back(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    filled = scratch.empty(scratch.PORTION + 1, np.int8)
    filled[:] = 7
    assert int(filled[-1]) == 7
    assert list(tmp_path.iterdir()) == []
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert str(tmp_path) in mapped.read_text()
        del filled
        assert str(tmp_path) not in mapped.read_text()


def test_a_killed_process_leaves_nothing(tmp_path):
    made = "from anomalog_exp.sequences import scratch\n"
    made += "held = scratch.empty(scratch.PORTION + 1, 'i8'); held[:] = 1\n"
    made += "print('held', flush=True); input()"
    command = [sys.executable, "-c", made]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_names_the_folder_not_a_crash(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(OSError, match="File too large") as raised:
            scratch.empty(scratch.PORTION + 1, np.int8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.filename == str(tmp_path)


def test_a_command_says_which_folder_is_full(tmp_path):
    asked = [SMALL_DEMO, "tracking=none", "report.page=false"]
    assert command(*asked, cwd=tmp_path).returncode == 0  # what is kept of the log is there
    small = "import resource, sys\nfrom anomalog_exp.__main__ import main\n"
    small += "from anomalog_exp.sequences import scratch\nscratch.PORTION = 1000\n"
    small += "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))\n"
    small += f"sys.exit(main([*{asked}, 'seed=1']))\n"
    folder = tmp_path / "temporary"
    folder.mkdir()
    ended = python(small, cwd=tmp_path, TMPDIR=str(folder))
    assert ended.returncode == 2, ended.stderr
    assert f"value:   {folder}" in ended.stderr
    assert "TMPDIR" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_room_is_taken_where_the_system_cannot_reserve_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    filled = scratch.empty(scratch.PORTION + 1, np.int8)
    assert len(filled) == scratch.PORTION + 1
    assert not filled.any()
