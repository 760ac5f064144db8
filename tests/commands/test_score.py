"""`score` judges with what a run has kept as that run did; a new detector is tested by being there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.models import model_names
from anomalog_exp.results import read_run
from tests.backends import unless_missing
from tests.command import SMALL_DEMO, command, environment

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


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in MODELS]
)
@pytest.mark.filterwarnings("ignore:.*type hint is inferred:UserWarning")
def test_a_model_of_mlflow_gives_the_verdicts_of_score(scored, log, name):
    from anomalog_exp.tracking.served_model import BundleModel  # MLflow warns of it

    model = BundleModel()
    bundle = str(scored[name] / "bundle")
    model.load_context(SimpleNamespace(artifacts={"bundle": bundle}))
    found = model.predict(None, pd.DataFrame({"line": log.read_text().splitlines()}))
    verdicts = pl.read_parquet(scored[name] / "verdicts.parquet")
    detector = type(read_run(scored[name]).config.model.build_detector())
    scores = np.array([one["score"] for one in found])
    if detector.tolerance:
        assert scores == pytest.approx(verdicts["score"].to_numpy(), rel=detector.tolerance)
    else:
        assert scores.tobytes() == verdicts["score"].to_numpy().tobytes()
    assert [one["entity"] for one in found] == verdicts["entity"].to_list()


@pytest.fixture(scope="module")
def kept(scored) -> Path:
    """The run dir of markov."""
    return scored["markov"]


@pytest.fixture(scope="module")
def log(folder, scored) -> Path:
    (log,) = folder.glob("data/*/*/HDFS.log")
    return log


def score(*arguments: str | Path, cwd: Path, code: int = 0) -> tuple[str, str]:
    """What `score` prints, and says on stderr."""
    done = command("score", *map(str, arguments), "tracking=none", cwd=cwd)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def lines_of(log: Path) -> list[str]:
    return log.read_text().splitlines(keepends=True)


def run_dir_in(folder: Path) -> Path:
    (status,) = folder.glob("outputs/*/*/status.json")
    return status.parent


def test_a_bundle_that_was_copied_judges_lines_as_they_are(kept, log, tmp_path):
    shutil.copytree(kept / "bundle", tmp_path / "elsewhere")
    (tmp_path / "new.log").write_text("".join(lines_of(log)[:500]))
    printed, _ = score("elsewhere", "new.log", "--top", "1", cwd=tmp_path)
    assert printed.startswith("read     new.log: 500 lines, read as hdfs; 500 events of")
    assert "0 events fit no template of training (0.00%)" in " ".join(printed.split())
    assert f"of {read_run(kept).config.name} trained" in " ".join(printed.split())
    stored = read_run(run_dir_in(tmp_path))
    assert stored.config.bundle is not None
    assert stored.config.bundle.path == tmp_path / "elsewhere"
    assert not stored.paths.bundle_dir.exists()
    assert "judged by" in stored.paths.page_path.read_text()
    assert stored.scores.sequences.label.tolist() == [-1] * len(stored.scores.sequences.label)
    again, _ = score("elsewhere", "new.log", "--top", "1", cwd=tmp_path)
    assert again == printed


def test_labels_that_are_named_make_figures(kept, log, tmp_path):
    own = read_run(kept).config.dataset.label_reader
    assert own is not None
    labels = log.parent / own.model_dump(mode="json")["relative_path"]
    values = "entity_column: BlockId, label_column: Label, missing_label: null"
    reader = f"dataset.label_reader={{relative_path: {labels}, {values}}}"
    score(kept, log, reader, cwd=tmp_path)
    label = read_run(run_dir_in(tmp_path)).scores.sequences.label
    assert set(label.tolist()) == {0, 1}


def test_a_pipeline_stops_where_something_is_anomalous(scored, log, tmp_path):
    kept = scored["new_event"]
    (tmp_path / "quiet.log").write_text("".join(lines_of(log)[:400]))
    score(kept, "quiet.log", "--fail-on-anomaly", cwd=tmp_path)
    new = "081109 203600 26 INFO dfs.Other: something new of blk_1\n"
    (tmp_path / "new.log").write_text("".join([*lines_of(log)[:400], new]))
    score(kept, "new.log", "--fail-on-anomaly", cwd=tmp_path, code=3)


def test_what_fits_no_template_is_named_and_warned_of(kept, log, tmp_path):
    lines = lines_of(log)[:400]
    new = [
        f"081109 203{i % 6}{i % 10}0 26 ERROR dfs.Other: disk sd{i % 3} of blk_{i} has failed {i} times\n"
        for i in range(100)
    ]
    (tmp_path / "new.log").write_text("".join([*lines, *new]))
    printed, _ = score(kept, "new.log", cwd=tmp_path)
    told = " ".join(printed.split())
    assert "100 events fit no template of training (20.00%)" in told
    assert "warning Much of the log is of templates that training never showed. 20.0% of" in told
    assert "<unknown> (ERROR dfs.Other: disk <*> of <*> has failed <*> times)" in told
    manifest = read_run(run_dir_in(tmp_path)).dataset_manifest
    assert manifest["dataset"]["rows_unknown"] == 100
    assert manifest["bundle"]["unknown"] == pytest.approx(0.2)
    assert manifest["bundle"]["trained"]["sequences"] > 0


def test_of_equal_findings_the_graver_comes_first(scored, log, tmp_path):
    new = [
        f"081109 20360{i} 26 {level} dfs.Other: something new of blk_{i}\n"
        for i, level in enumerate(["INFO", "INFO", "ERROR", "WARN"])
    ]
    (tmp_path / "new.log").write_text("".join([*lines_of(log)[:400], *new]))
    score(scored["new_event"], "new.log", cwd=tmp_path)
    findings = read_run(run_dir_in(tmp_path)).findings
    assert findings is not None
    first = findings["sequences"][:3]
    assert [one["entity"] for one in first] == ["blk_2", "blk_3", "blk_0"]
    assert [one["equal"] for one in first] == [1, 1, 2]
    assert len({one["score"] for one in first}) == 1


def test_tables_hold_every_verdict(kept, log, tmp_path):
    files = ["a.parquet", "a.jsonl", "a.csv"]
    score(kept, log, *(one for file in files for one in ("--write", file)), cwd=tmp_path)
    parquet = pl.read_parquet(tmp_path / "a.parquet")
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    csv = pl.read_csv(tmp_path / "a.csv")
    assert parquet["score"].to_list() == [one["score"] for one in lines] == csv["score"].to_list()
    assert parquet["place"].to_list() == csv["place"].to_list()
    first = parquet.row(0, named=True)
    assert first["place"] == f"HDFS.log:{first['line_ranges'][0][0] + 1}"
    begin, end = first["line_ranges"][0]
    assert csv["line_ranges"][0].split()[0] == f"{begin + 1}-{end + 1}"
    assert score(kept, log, "--write", "a.xls", cwd=tmp_path, code=2)[1].startswith(
        "error: --write: the ending of this file says no format"
    )


def test_session_files_are_judged_without_labels(tmp_path):
    sessions = ["5 5 22 5 11 9", "5 22 5 5 11 9", "5 5 5 22 11 9 26"] * 20
    for name in ("hdfs_train", "hdfs_test_normal", "hdfs_test_abnormal"):
        (tmp_path / name).write_text("\n".join(sessions))
    given = ["dataset=hdfs_sessions", f"dataset.source.path={tmp_path}", "split=predefined"]
    done = command(*given, "template=event_ids", "model=markov", "tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = run_dir_in(tmp_path)
    (tmp_path / "today").mkdir()
    (tmp_path / "today/sessions").write_text("5 5 22 5 11 9\n5 5 99 9\n5 22 5 5 11 9\n")
    printed, _ = score(kept, "today/sessions", "--top", "1", cwd=tmp_path)
    assert "1 event fits no template of training (6.25%)" in " ".join(printed.split())
    (status,) = tmp_path.glob("outputs/score-*/*/status.json")
    scores = read_run(status.parent).scores.sequences
    assert scores.score.argmax() == 1
    assert scores.label.tolist() == [-1, -1, -1]


def test_a_run_keeps_a_bundle_unless_it_is_told_not_to(tmp_path):
    given = [SMALL_DEMO, "tracking=none", "report.page=false"]
    assert command(*given, "keep_bundle=false", cwd=tmp_path).returncode == 0
    run_dir = run_dir_in(tmp_path)
    assert not (run_dir / "bundle").exists()
    _, told = score(run_dir, "x.log", cwd=tmp_path, code=2)
    assert "bundle: it has no bundle.json" in told
    # The same run with a bundle is not the result that is there; one whose bundle changed is none.
    for _ in range(2):
        assert command(*given, cwd=tmp_path).returncode == 0
        assert (run_dir / "bundle/bundle.json").is_file()
        assert read_run(run_dir).bundle_bytes
        (run_dir / "bundle/templates.json").write_text("{}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["model=oov"], "error: model: the bundle decides this"),
        (["sequence.window_size=5"], "error: sequence.window_size: the bundle decides this"),
        (["dataset=bgl"], "error: dataset: the bundle decides this"),
        (["--fast"], "error: the command score: unrecognized arguments: --fast"),
    ],
)
def test_what_the_bundle_decides_is_not_overruled(kept, log, tmp_path, arguments, told):
    assert told in score(kept, log, *arguments, cwd=tmp_path, code=2)[1]


def test_a_scoring_run_is_run_again_while_its_bundle_is_there(kept, log, tmp_path):
    shutil.copytree(kept / "bundle", tmp_path / "bundle")
    score("bundle", log, "report.page=false", cwd=tmp_path)
    run_dir = run_dir_in(tmp_path)
    again = command("rerun", str(run_dir), cwd=tmp_path)
    assert again.stdout.startswith("the same"), again.stderr
    manifest = tmp_path / "bundle/bundle.json"
    manifest.write_text(manifest.read_text() + "\n")
    other = command("rerun", str(run_dir), cwd=tmp_path)
    assert other.returncode == 2
    assert "this is another bundle than the one that this run was typed for" in other.stderr
