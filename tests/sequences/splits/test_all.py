"""split=all: every sequence trains, and every one is judged."""

from __future__ import annotations

import json

import numpy as np

from anomalog_exp.sequences.sequence_set import Split
from tests.command import SMALL_DEMO, command, run_dirs
from tests.grouping import grouped
from tests.logs import log_dataset

ROWS = [(f"e{i % 4}", f"t{i % 3}", i, int(i == 5)) for i in range(12)]


def test_each_sequence_trains_and_is_judged_once():
    found = grouped(log_dataset(ROWS), "entity", "all")
    train, test = found.part(Split.TRAIN), found.part(Split.TEST)
    assert len(train) == len(test) == 4
    for column in ("start", "stop", "label", "entity"):
        assert np.array_equal(getattr(train, column), getattr(test, column))
    assert test.label.sum() == 1
    assert found.report["units"] == {
        "pool": 4,
        "train": 4,
        "ignored": 0,
        "test": 4,
        "validation": 0,
    }
    assert found.report["realised"] == {
        "train_fraction": 1.0,
        "test_fraction": 1.0,
        "validation_fraction": 0.0,
    }
    assert found.report["sequences"]["pool"]["anomalous"] == 1


def test_windows_of_one_session_stay_together():
    found = grouped(log_dataset(ROWS), "entity", "all", window_size=2)
    assert found.report["units"]["pool"] == 4
    assert found.report["sequences"]["train"]["total"] == 8


def test_a_run_judges_the_whole_log_and_says_what_that_is_worth(tmp_path):
    done = command(SMALL_DEMO, "split=all", "model=markov", "tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    counts = json.loads((run_dir / "dataset_manifest.json").read_text())["sequences"]["sequences"]
    assert counts["train"] == counts["test"] == counts["pool"]
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "The test part is what was trained on" in page
