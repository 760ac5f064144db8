from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from anomalog_exp.results import read_run
from anomalog_exp.results.predictions import prediction_table
from tests.command import command, environment, run_dirs
from tests.sequencing import sequence_set
from tests.summaries import summary_of

TEST = 150


def explained(scores: np.ndarray, threshold: float) -> list[int]:
    """Sequences that the table explains, where a detector has evidence for every one of them."""
    sequences = sequence_set(["a", *["b"] * TEST], tested=TEST)
    summary = summary_of(
        sequences,
        scores,
        threshold,
        # The one that trains is entity 0.
        explain=lambda chosen, top: [
            [(f"evidence {entity - 1}", float(top))] for entity in chosen.entity.tolist()
        ],
    )
    table = prediction_table(summary).filter(pl.col("explanation").list.len() > 0)
    for row in table.to_dicts():
        assert row["explanation"] == [{"evidence": f"evidence {row['sequence']}", "weight": 3.0}]
    return table["sequence"].to_list()


@pytest.mark.parametrize("flagged", [0, 1, 99, 100, 101, TEST])
def test_what_is_flagged_is_explained_and_the_hundred_highest_scores_in_any_case(flagged):
    rng = np.random.default_rng(flagged)
    scores = rng.permutation(TEST).astype(np.float64)
    ranked = np.argsort(-scores)
    expected = sorted(ranked[: max(flagged, 100)].tolist())
    assert explained(scores, threshold=TEST - flagged - 0.5) == expected


def test_of_equal_scores_the_first_are_explained():
    assert explained(np.zeros(TEST), threshold=0.0) == list(range(100))


def test_a_disk_that_is_full_of_predictions_is_said_in_four_parts(tmp_path):
    arguments = [
        "dataset.source.lines=6000", "tracking=none", "model=naive_bayes", "write_predictions=true", "report.page=false"
    ]  # fmt: skip
    assert command(*arguments, cwd=tmp_path).returncode == 0
    (run_dir,) = run_dirs(tmp_path / "outputs")
    written = {path.name: path.stat().st_size for path in run_dir.iterdir()}
    limit = written.pop("predictions.jsonl") - 1
    assert max(written.values()) < limit
    done = subprocess.run(
        [sys.executable, "-m", "anomalog_exp", *arguments, "force=true"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    path = run_dir / "predictions.jsonl"
    assert f"error: a file or folder: File too large\n  value:   {path}\n" in done.stderr
    assert "Traceback" not in done.stderr
    stored = read_run(run_dir)
    assert stored.status["status"] == "failed"
    assert str(path) in stored.status["reason"]
    assert "predictions.jsonl" not in {path.name for path in stored.files}
    assert len(read_run(run_dir / "attempts/1").predictions) > 0
