"""`score` judges with what a run has kept as that run did; a new detector is tested by being there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.models import model_names
from anomalog_exp.results import read_run
from tests.backends import unless_missing
from tests.command import SMALL_DEMO, environment

SCORES_ALL = """
import sys
from anomalog_exp.commands.score import main
log, *run_dirs = sys.argv[1:]
for run_dir in run_dirs:
    print("SCORED", run_dir)
    main([run_dir, log, "tracking=none", "report.page=false", "--write", f"{run_dir}/verdicts.parquet"])
"""

OTHERS = {
    "windows": ["sequence=fixed", "sequence.window_size=20", "sequence.step=5"],
    "times": ["sequence=time", "sequence.time_span_ms=60000", "model=rate"],
    "lines": ["sequence=line", "model=rare_event"],
    "stream": ["sequence=stream", "sequence.chunk_size=50", "model=ngram", "split=prefix_fraction"],
    "cut sessions": ["sequence.window_size=5", "sequence.continuous_context=true", "model=markov"],
    "training mined": ["template.fit_on=train", "model=new_value"],
    "spell": ["template=spell", "model=markov"],
    "drain": ["template=drain", "model=markov"],
    "fields": ["template.with_fields=[level]", "model=naive_bayes"],
    "messages": ["template=identity", "model=event_count_vector"],
}
"""Ways of reading and grouping, each with a detector that notices what is done otherwise."""

MODELS = {
    name: [
        f"model={name}",
        *(["sequence=time", "sequence.time_span_ms=60000"] * (name == "value_rate")),
    ]
    for name in model_names()
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("score")


@pytest.fixture(scope="module")
def scored(folder):
    """Case -> the run dir, and the verdicts of another process about the whole log."""
    places = [f"paths.{name}_dir={folder / name}" for name in ("data", "cache", "output")]
    quick = [
        SMALL_DEMO,
        "tracking=none",
        "report.page=false",
        "evaluation.bootstrap_samples=0",
        *places,
    ]
    dirs = {}
    for case, overrides in (MODELS | OTHERS).items():
        if case in MODELS and unless_missing("model", case):
            continue
        result = run(load_run_config([*quick, "dataset.source.anomaly_fraction=0.2", *overrides]))
        assert result.status == "done", (case, result.reason)
        dirs[case] = Path(result.run_dir)
    (log,) = folder.glob("data/*/*/HDFS.log")
    done = subprocess.run(
        [sys.executable, "-c", SCORES_ALL, str(log), *map(str, dirs.values())],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dirs


@pytest.mark.parametrize(
    "case", [*(pytest.param(name, marks=unless_missing("model", name)) for name in MODELS), *OTHERS]
)
def test_a_bundle_judges_in_another_process_as_its_run_did(scored, case):
    stored = read_run(scored[case])
    own = stored.scores.sequences
    frame = pl.read_parquet(scored[case] / "verdicts.parquet")
    assert len(frame) > len(own.score) > 10
    # The test part is the end of the log, in the same order.
    again = frame["score"].to_numpy()[-len(own.score) :]
    detector = type(stored.config.model.build_detector())
    if detector.tolerance:
        assert again == pytest.approx(own.score, rel=detector.tolerance, abs=detector.tolerance)
    else:
        assert again.tobytes() == own.score.tobytes()
        decided = frame["predicted"].to_numpy()[-len(own.score) :]
        assert np.array_equal(decided, own.predicted)
