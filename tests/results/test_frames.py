"""Data frames over run dirs, against the files in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT
from anomalog_exp.results import read_run, runs_frame, scores_frame
from tests.command import SMALL_DEMO
from tests.tiny import tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An output folder with five runs; their run dirs by model."""
    folder = tmp_path_factory.mktemp("frames")
    places = [f"paths.{n}={folder / n}" for n in ("data_dir", "cache_dir", "output_dir")]
    given = {
        "markov": ["model=markov", "write_predictions=true"],
        "two": ["model=markov", "model.order=2", "seed=3"],
        "bayes": ["model=naive_bayes", "split=normal_only"],  # skipped: it needs both classes
        "eventless": ["model=sequence_length"],
        "rarity": ["model=rarity", "evaluation.top_k=[1,2]"],
    }
    return folder / "output_dir", {
        name: Path(run(load_run_config([SMALL_DEMO, "tracking=none", *more, *places])).run_dir)
        for name, more in given.items()
    }


def rows_by_dir(frame: pl.DataFrame) -> dict[Path, dict]:
    return {Path(row["run_dir"]): row for row in frame.to_dicts()}


def test_every_run_is_a_row_with_the_figures_of_its_files(made):
    folder, dirs = made
    frame = runs_frame(folder)
    rows = rows_by_dir(frame)
    assert set(rows) == set(dirs.values())
    row = rows[dirs["markov"]]
    block = json.loads((dirs["markov"] / "metrics.json").read_text())["blocks"][
        "sequence_level_detection"
    ]
    for name, value in block["headline"].items():
        assert row[name] == value
    assert row["f1_low"] == block["diagnostics"]["f1_interval_low"]
    assert (row["flagged"], row["judged"]) == (
        block["diagnostics"]["flagged"],
        block["counts"]["units"],
    )
    assert (row["primary_metric"], row["primary_value"]) == ("f1", block["headline"]["f1"])
    assert (row["name"], row["fingerprint"]) == (dirs["markov"].parent.name, dirs["markov"].name)
    assert (row["detector"], row["dataset"], row["status"]) == ("markov", "demo", "done")
    assert row["oracle"] is False
    assert row["seconds"] > 0
    assert frame.schema["f1"] == pl.Float64
    assert frame.schema["judged"] == pl.Int64


def test_keys_that_differ_are_columns_and_others_are_not(made):
    folder, dirs = made
    frame = runs_frame(folder)
    rows = rows_by_dir(frame)
    assert [rows[dirs[name]]["model.order"] for name in ("markov", "two", "rarity")] == [1, 2, None]
    assert [rows[dirs[name]]["seed"] for name in ("markov", "two")] == [0, 3]
    assert frame.schema["model.order"] == pl.Int64
    assert rows[dirs["rarity"]]["evaluation.top_k"] == "[1, 2]"
    assert "dataset.source.lines" not in frame.columns
    assert not any(column.startswith("paths.") for column in frame.columns)


def test_a_run_without_a_result_has_its_reason_and_no_figures(made):
    folder, dirs = made
    row = rows_by_dir(runs_frame(folder))[dirs["bayes"]]
    assert row["status"] == "skipped"
    assert row["problem"] == json.loads((dirs["bayes"] / "status.json").read_text())["reason"]
    assert row["detector"] == "naive_bayes"
    assert [row[name] for name in ("f1", "primary_value", "judged", "seconds")] == [None] * 4


def test_damaged_and_unfinished_runs_are_rows_without_figures(made, tmp_path):
    folder, dirs = made
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    changed, cut, garbled = (
        copy / dirs[name].relative_to(folder) for name in ("markov", "two", "rarity")
    )
    (changed / "metrics.json").write_text("{}")
    status = json.loads((cut / "status.json").read_text())
    del status["files"]
    (cut / "status.json").write_text(json.dumps(status | {"status": "running"}))
    (garbled / "status.json").write_text("{")
    rows = rows_by_dir(runs_frame(copy))
    assert rows[changed]["status"] == "damaged"
    assert "metrics.json has changed" in rows[changed]["problem"]
    assert (rows[cut]["status"], rows[cut]["problem"]) == (
        "running",
        "it lasts still, or it was cut off",
    )
    assert rows[garbled]["status"] == "damaged"
    assert all(rows[one]["primary_value"] is None for one in (changed, cut, garbled))
    assert len(rows) == len(dirs)


def test_attempts_and_what_the_tracker_keeps_are_no_runs(made, tmp_path):
    _, dirs = made
    copy = tmp_path / "copy"
    one = dirs["markov"]
    for place in (
        f"{one.parent.name}/{one.name}",
        f"{one.parent.name}/{one.name}/attempts/1",
        "mlflow/1/artifacts",
    ):
        shutil.copytree(one, copy / place)
    assert runs_frame(copy)["run_dir"].to_list() == [str(copy / one.parent.name / one.name)]


def test_a_sweep_is_the_frame_of_its_members(made, tmp_path):
    _, dirs = made
    members = [
        {"index": 0, "status": "done", "run_dir": str(dirs["two"])},
        {"index": 1, "status": "failed", "reason": "x", "run_dir": None},
    ]
    (tmp_path / "results.json").write_text(json.dumps({"members": members}))
    assert runs_frame(tmp_path)["run_dir"].to_list() == [str(dirs["two"])]


def test_a_folder_without_runs_gives_a_frame_without_rows(tmp_path):
    frame = runs_frame(tmp_path)
    assert frame.is_empty()
    assert {"name", "status", "primary_value", "run_dir"} <= set(frame.columns)
    with pytest.raises(FileNotFoundError, match="is no folder"):
        runs_frame(tmp_path / "nothing")


def test_scores_are_those_of_the_run_with_places_where_it_kept_them(made):
    _, dirs = made
    frame = scores_frame(dirs["markov"])
    stored = read_run(dirs["markov"])
    assert np.array_equal(frame["score"].to_numpy(), stored.scores.sequences.score)
    kept = ["label", "score", "predicted", "entity", "line_ranges"]
    assert frame.select(kept).equals(stored.predictions.select(kept))
    assert frame["unit"].to_list() == list(range(len(frame)))
    assert scores_frame(dirs["two"]).columns == ["unit", "label", "score", "predicted"]
    assert list(scores_frame(dirs["two"]).to_pandas().columns) == [
        "unit",
        "label",
        "score",
        "predicted",
    ]


def test_events_have_scores_of_their_own_where_a_detector_judges_them(made, tmp_path):
    _, dirs = made
    given = [
        "dataset=bgl",
        *tiny("bgl", tmp_path / "bgl"),
        "sequence=stream",
        "split=prefix_fraction",
    ]
    given += [f"paths.{n}={tmp_path / n}" for n in ("data_dir", "cache_dir", "output_dir")]
    given += ["model=template_frequency", "tracking=none", "write_predictions=true"]
    run_dir = run(load_run_config(given), progress=SILENT).run_dir
    frame = scores_frame(run_dir, of="events")
    kept = ["line", "time_ms", "template", "label", "score", "predicted"]
    assert frame.select(kept).equals(pl.read_parquet(Path(run_dir, "event_predictions.parquet")))
    with pytest.raises(DataError, match="judged no single events"):
        scores_frame(dirs["eventless"], of="events")


def test_scores_of_a_run_without_a_result_are_refused(made):
    _, dirs = made
    with pytest.raises(DataError, match="the run wrote no such file: it ended as skipped"):
        scores_frame(dirs["bayes"])
