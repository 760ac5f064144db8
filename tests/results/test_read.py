from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.results import environment, read_run
from anomalog_exp.results.paths import ResultPaths
from tests.command import SMALL_DEMO


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={folder / name}" for name in names]
    options = [SMALL_DEMO, "tracking=none", "model=naive_bayes", "write_predictions=true"]
    windows = ["sequence.window_size=8", "sequence.step=5"]
    return read_run(run(load_run_config([*options, *windows, *places])).run_dir)


def test_a_run_is_read_back_and_running_it_again_gives_the_same_bytes(stored, tmp_path):
    config = stored.config
    assert config.sequence.window_size == 8
    elsewhere = config.paths.model_copy(update={"output_dir": tmp_path})
    again = read_run(run(config.model_copy(update={"paths": elsewhere})).run_dir)
    assert again.paths.run_dir.name == stored.paths.run_dir.name
    for name in ("metrics_path", "model_manifest_path", "predictions_jsonl_path", "anomalies_path"):
        here, there = (getattr(one.paths, name) for one in (stored, again))
        assert here.read_bytes() == there.read_bytes()


def test_predictions_are_the_same_in_both_formats_and_agree_with_the_metrics(stored):
    table = stored.predictions
    text = stored.paths.predictions_jsonl_path.read_text().splitlines()
    assert [json.loads(line) for line in text] == table.to_dicts()
    block = stored.metrics["blocks"]["sequence_level_detection"]
    assert len(table) == block["counts"]["units"]
    flagged = table.filter("predicted")
    assert len(flagged) == block["confusion"]["tp"] + block["confusion"]["fp"]
    assert flagged["label"].sum() == block["confusion"]["tp"]
    threshold = stored.model_manifest["threshold"]
    assert ((table["score"] > threshold) == table["predicted"]).all()
    assert all(len(evidence) > 0 for evidence in flagged["explanation"])


def test_line_ranges_are_the_lines_of_each_sequence(stored):
    log = Path(stored.dataset_manifest["dataset"]["raw_log"]["path"])
    lines = log.read_text().splitlines()
    for row in stored.predictions.head(40).to_dicts():
        numbers = [n for first, last in row["line_ranges"] for n in range(first, last + 1)]
        assert len(numbers) == row["events"] <= 8
        assert all(row["entity"] in lines[number] for number in numbers)
        gaps = [
            b[0] - a[1] for a, b in zip(row["line_ranges"], row["line_ranges"][1:], strict=False)
        ]
        assert all(gap > 1 for gap in gaps)


def test_the_manifest_says_what_was_read_and_split(stored):
    manifest = stored.dataset_manifest
    facts = manifest["dataset"]
    assert facts["raw_log"]["bytes"] == Path(facts["raw_log"]["path"]).stat().st_size
    assert len(facts["raw_log"]["sha256"]) == 64
    assert len(manifest["template_texts"]) == facts["templates"]
    summary = manifest["sequences"]["summary"]
    report = manifest["sequences"]["sequences"]
    assert summary["train_sequence_count"] == report["train"]["total"]
    assert summary["test_label_counts"] == {
        "0": report["test"]["normal"],
        "1": report["test"]["anomalous"],
    }


def test_anomalies_show_the_highest_scores_once_each_with_their_raw_lines(stored):
    text = stored.paths.anomalies_path.read_text()
    scores = stored.predictions["score"].to_numpy()
    assert f"#1  score {scores.max():.6g}, predicted anomalous" in text
    log = Path(stored.dataset_manifest["dataset"]["raw_log"]["path"]).read_text().splitlines()
    entries = [
        line.strip().split(": ", 1)
        for line in text.splitlines()
        if line.startswith("    HDFS.log:")
    ]
    assert len(entries) > 20
    for place, raw in entries:
        assert log[int(place.removeprefix("HDFS.log:")) - 1].startswith(raw)
    ranks = [line for line in text.splitlines() if line.startswith("#")]
    assert len(ranks) == 20
    ordered = [float(line.split("score ")[1].split(",")[0]) for line in ranks]
    assert ordered == sorted(ordered, reverse=True)


def test_the_environment_holds_versions_times_and_memory(stored):
    metadata = stored.environment
    assert metadata["packages"]["numpy"] == np.__version__
    assert metadata["packages"]["polars"] == pl.__version__
    assert set(metadata["seconds"]) >= {"total", "dataset", "sequences", "fit", "score", "evaluate"}
    assert metadata["peak_memory_mb"] > 50
    assert metadata["begun"] < metadata["ended"]


def test_paths_of_a_config_and_of_its_attempts(tmp_path):
    config = load_run_config([f"paths.output_dir={tmp_path}"])
    latest, older = ResultPaths.for_config(config), ResultPaths.for_config(config, run_attempt=2)
    assert latest.run_dir == tmp_path / config.name / latest.run_fingerprint[:16]
    assert older.run_dir == latest.run_dir / "attempts/2"
    assert older.lock_path == latest.lock_path
    for paths in (latest, older):
        same = ResultPaths.in_dir(paths.run_dir)
        assert (same.run_root, same.run_dir) == (paths.run_root, paths.run_dir)


def test_a_folder_without_a_run_is_an_error_that_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no run: it has no status.json"):
        read_run(tmp_path)


def test_asking_for_the_state_of_the_checkout_writes_nothing_into_it(tmp_path, monkeypatch):
    def git(*command: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *command], check=True, capture_output=True)

    file = tmp_path / "package/module/code.py"
    file.parent.mkdir(parents=True)
    file.write_text("a = 1\n")
    git("init")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "first")
    os.utime(file, (1, 1))  # the index would be refreshed: the file looks changed and is not
    before = (tmp_path / ".git/index").read_bytes()
    monkeypatch.setattr(environment, "__file__", str(file))
    assert not environment._git()["git_dirty"]
    assert (tmp_path / ".git/index").read_bytes() == before
    file.write_text("a = 2\n")
    assert environment._git()["git_dirty"]
