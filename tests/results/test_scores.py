"""The array file of scores, for runs of every kind."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.metric_terms import Figure, MetricScope
from anomalog_exp.results import ScoredUnits, StoredRun, read_run
from anomalog_exp.results.scores import RunScores, read_scores, write_scores
from tests.command import SMALL_DEMO

BGL = ["dataset=bgl", "dataset/source=local_dir", "split=prefix_fraction", "model=markov"]
CASES = {
    "supervised": [SMALL_DEMO, "model=naive_bayes"],
    "unsupervised": [SMALL_DEMO, "model=pca"],
    "windows": [SMALL_DEMO, "model=markov", "sequence.window_size=8", "sequence.step=5"],
    "stream": [*BGL, "sequence=stream", "sequence.chunk_size=50"],
    "events of windows": [*BGL, "sequence=fixed", "sequence.window_size=20", "sequence.step=7"],
    "unlabelled": ["dataset=custom", "sequence=fixed", "sequence.window_size=20"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a log in BGL's format, whose alerts are labelled line by line."""
    folder = tmp_path_factory.mktemp("scores")
    rng = np.random.default_rng(0)
    events = ["cache parity error", "generating core", "ddr error detected", "total of 3 errors"]
    lines = []
    for second, event in enumerate(rng.integers(0, 4, 600)):
        alert = "KERNDTLB" if second // 20 in (3, 19, 25) else "-"
        moment = f"{1117838570 + second} 2005.06.03 R02 2005-06-03-15.42.50.675872 R02"
        lines.append(f"{alert} {moment} RAS KERNEL INFO {events[event]}\n")
    (folder / "BGL.log").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module", params=CASES)
def stored(folder, request) -> StoredRun:
    options = CASES[request.param]
    if SMALL_DEMO not in options:
        options = [*options, f"dataset.source.path={folder / 'BGL.log'}"]
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={folder / name}" for name in names]
    config = load_run_config([*options, "tracking=none", "write_predictions=true", *places])
    return read_run(run(config).run_dir)


def assert_equal_to_table(units: ScoredUnits, table: pl.DataFrame) -> None:
    assert [units.score.dtype, units.label.dtype, units.predicted.dtype] == ["f8", "i1", "?"]
    np.testing.assert_array_equal(units.score, table["score"])
    np.testing.assert_array_equal(units.label, table["label"].fill_null(-1))
    np.testing.assert_array_equal(units.predicted, table["predicted"])


def test_scores_are_those_of_the_prediction_tables(stored):
    scores = stored.scores
    assert len(scores.sequences.score) > 5
    assert_equal_to_table(scores.sequences, stored.predictions)
    by_event = stored.paths.event_predictions_path
    assert (scores.events is not None) == by_event.is_file()
    if scores.events is not None:
        assert len(scores.events.score) > 100
        assert_equal_to_table(scores.events, pl.read_parquet(by_event))


def test_curves_from_the_file_have_the_area_of_the_metrics(stored):
    scopes = {
        MetricScope.SEQUENCE_LEVEL_DETECTION: stored.scores.sequences,
        MetricScope.EVENT_LEVEL_DETECTION: stored.scores.events,
    }
    for scope, units in scopes.items():
        headline = stored.report.blocks[scope].headline
        if headline is not None:
            counted = units.label >= 0
            area = roc_auc_score(units.label[counted], units.score[counted])
            assert headline[Figure.AUROC] == round(area, 8)


def test_every_kind_of_run_measures_what_it_stands_for(stored, request):
    case = request.node.callspec.params["stored"]
    valid = {scope for scope, block in stored.report.blocks.items() if block.headline is not None}
    if case == "unlabelled":
        assert valid == set()
    elif "event" in case or case == "stream":
        assert MetricScope.EVENT_LEVEL_DETECTION in valid
    else:
        assert MetricScope.SEQUENCE_LEVEL_DETECTION in valid


def test_the_file_is_ten_bytes_a_unit_and_equal_for_equal_scores(tmp_path):
    rng = np.random.default_rng(1)
    count = 10_000
    units = ScoredUnits(
        rng.normal(size=count), rng.integers(-1, 2, count, dtype=np.int8), rng.random(count) < 0.5
    )
    path, other = tmp_path / "scores.npz", tmp_path / "others.npz"
    write_scores(path, RunScores(units))
    write_scores(other, RunScores(units))
    assert path.read_bytes() == other.read_bytes()
    assert path.stat().st_size < 10 * count + 1000
    back = read_scores(path)
    assert back.events is None
    np.testing.assert_array_equal(back.sequences.score, units.score)
    assert sorted(zipfile.ZipFile(path).namelist()) == [
        f"sequences.{name}.npy" for name in ("label", "predicted", "score")
    ]
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
