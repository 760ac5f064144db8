"""A bundle that judges lines and files from Python: the rows of `score`, and nothing left behind."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from anomalog_exp.data import integrity
from anomalog_exp.errors import DataError
from anomalog_exp.results import load_bundle
from tests.backends import unless_missing
from tests.bundles import bundle_of_demo, demo_log
from tests.command import command


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("scorer")


@pytest.fixture(scope="module")
def scorer(folder):
    return load_bundle(bundle_of_demo(folder, "model=markov"))


@pytest.fixture(scope="module")
def log(folder, scorer) -> Path:
    """The last 600 lines of the demo."""
    log = folder / "last.log"
    log.write_text("\n".join(demo_log(folder).read_text().splitlines()[-600:]) + "\n")
    return log


DEEPLOG = ("model=deeplog", "model.values=true", "split.validation_fraction=0.4", "model.epochs=2", "model.value_epochs=1")  # fmt: skip


@pytest.mark.parametrize(
    "overrides",
    [
        ("model=markov",),
        ("model=new_value",),
        pytest.param(DEEPLOG, marks=unless_missing("model", "deeplog")),
    ],
    ids=lambda overrides: overrides[0],
)
def test_lines_and_files_have_the_rows_of_the_command_score(overrides, folder, log):
    bundle = bundle_of_demo(folder, *overrides)
    told = command(
        "score", str(bundle), str(log), "--write", "rows.parquet", "tracking=none", cwd=folder
    )
    assert told.returncode == 0, told.stderr
    wanted = pl.read_parquet(folder / "rows.parquet")
    assert 20 < len(wanted) < 600
    scorer = load_bundle(bundle)
    rows = scorer.score(log)
    assert rows.columns == [*wanted.columns, "threshold"]
    assert rows["threshold"].unique().to_list() == [scorer.bundle.judge.threshold]
    assert rows["place"][0] == "last.log:1"
    assert rows.drop("threshold").equals(wanted)
    lines = log.read_text().splitlines()
    places = pl.col("place").str.replace("last.log", "lines", literal=True)
    for given in (lines, pl.Series(lines), [f"{line}\n" for line in lines]):
        assert scorer.score(given).equals(rows.with_columns(places))
    assert scorer.score([log]).equals(scorer.score(str(log)))


def test_bytes_that_are_no_text_are_read_as_in_a_file(folder, scorer):
    line = "081109 203518 1 INFO dfs.DataNode: Deleting block blk_1 file /\udcff"
    odd = folder / "lines"
    odd.write_bytes(line.encode(errors="surrogateescape"))
    assert b"\xff" in odd.read_bytes()
    assert scorer.score([line]).equals(scorer.score(odd))


def test_nothing_is_left_on_disk_or_in_memory(scorer, log, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    known = len(integrity._fitting)
    scorer.score(log)
    with pytest.raises(DataError):
        scorer.score(["rubbish"])
    assert list(tmp_path.iterdir()) == []
    assert len(integrity._fitting) == known


def test_threads_that_ask_at_once_get_what_each_would_get_alone(scorer, log):
    lines = log.read_text().splitlines()
    parts = [lines[start : start + 150] for start in (0, 100, 200, 300, 400, 450)]
    alone = [scorer.score(part) for part in parts]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(scorer.score, parts * 2))
    assert all(one.equals(two) for one, two in zip(together, alone * 2, strict=True))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "the log"),
        (["one\ntwo"], "an item is several lines"),
        (["fine", None], "an item is no line"),
        ([b"bytes"], "an item is no line"),
        (["\ud800"], r"an item is no text in UTF-8 \(surrogates not allowed\)"),
        (7, "this is no log"),
        (Path("no_such.log"), "there is no such file or folder"),
        ("no_such.log", "there is no such file or folder"),
    ],
)
def test_what_is_no_log_is_refused_in_four_parts(given, problem, scorer):
    with pytest.raises(
        DataError, match=rf"{problem}[^\0]*\n  value: [^\0]*\n  allowed: [^\0]*\n  to do: "
    ):
        scorer.score(given)
