from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.results import read_run
from tests.command import SMALL_DEMO, command, environment, run_dirs


@pytest.fixture
def places(tmp_path) -> list[str]:
    names = ("data_dir", "cache_dir", "output_dir")
    return [SMALL_DEMO, "tracking=none", *(f"paths.{name}={tmp_path / name}" for name in names)]


def test_a_done_run_says_so_with_its_three_digests(places):
    result = run(load_run_config(places))
    status = read_run(result.run_dir).status
    assert (status["status"], status["reason"]) == ("done", None)
    assert status["config_fingerprint"] == result.fingerprint
    assert len(status["config_fingerprint"]) == len(status["code_digest"]) == 64
    assert not result.reused
    assert run(load_run_config(places)).reused


@pytest.mark.parametrize(
    ("digest", "word"),
    [("data_digest", "data"), ("code_digest", "code"), ("config_fingerprint", "config")],
)
def test_a_result_of_other_data_code_or_config_is_not_reused_but_kept(places, caplog, digest, word):
    first = read_run(run(load_run_config(places)).run_dir)
    first.paths.status_path.write_text(json.dumps(first.status | {digest: "0" * 64}))
    with caplog.at_level("INFO"):
        again = run(load_run_config(places))
    assert not again.reused
    assert f"changed since the last result: {word}" in caplog.text
    older = read_run(first.paths.run_dir / "attempts/1")
    assert older.status[digest] == "0" * 64
    assert older.metrics == read_run(again.run_dir).metrics


def test_predictions_that_are_missing_are_a_reason_to_run_again(places):
    run(load_run_config(places))
    again = run(load_run_config([*places, "write_predictions=true"]))
    assert not again.reused
    assert run(load_run_config([*places, "write_predictions=true"])).reused
    assert run(load_run_config(places)).reused


def test_scores_that_are_missing_are_a_reason_to_run_again(places):
    first = read_run(run(load_run_config(places)).run_dir)
    before = first.paths.scores_path.read_bytes()
    first.paths.scores_path.unlink()
    assert not run(load_run_config(places)).reused
    assert first.paths.scores_path.read_bytes() == before
    assert run(load_run_config(places)).reused


def test_a_damaged_result_is_a_reason_to_run_again(places, caplog):
    first = run(load_run_config(places))
    metrics = read_run(first.run_dir).paths.metrics_path
    whole = metrics.read_bytes()
    metrics.write_bytes(whole[:100])
    with caplog.at_level("INFO"):
        assert not run(load_run_config(places)).reused
    assert "the last result is not as it was written: metrics.json has changed" in caplog.text
    assert metrics.read_bytes() == whole


def test_attempts_are_counted(places):
    for _ in range(3):
        result = run(load_run_config([*places, "force=true"]))
    attempts = read_run(result.run_dir).paths.attempts_dir
    assert sorted(path.name for path in attempts.iterdir()) == ["1", "2"]


def test_a_failed_run_says_why_and_leaves_no_metrics(places, monkeypatch):
    from anomalog_exp import app

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(app, "build_run_metrics_report", broken)
    with pytest.raises(RuntimeError, match="on fire"):
        run(load_run_config(places))
    (run_dir,) = run_dirs(load_run_config(places).paths.output_dir)
    stored = read_run(run_dir)
    assert stored.status["status"] == "failed"
    assert stored.status["reason"] == "RuntimeError: the disk is on fire"
    assert "Traceback" in stored.paths.run_log_path.read_text()
    assert stored.environment["seconds"]["total"] > 0
    assert not stored.paths.metrics_path.exists()
    monkeypatch.undo()
    assert run(load_run_config(places)).status == "done"
    assert not stored.paths.attempts_dir.exists()


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (signal.SIGTERM, "killed", 143),
        (signal.SIGINT, "killed", 130),
        (signal.SIGKILL, "running", -9),
    ],
)
def test_a_stopped_run_bears_its_status_and_runs_again(tmp_path, number, status, code):
    arguments = ["dataset.source.lines=300000", "tracking=none", "model=markov", "model.order=3"]
    process = subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *arguments],
        cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    give_up = time.monotonic() + 60
    while not run_dirs(tmp_path / "outputs"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.005)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert json.loads((run_dir / "status.json").read_text())["status"] == status
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(reused" not in done.stdout


def test_a_log_that_cannot_be_written_ends_the_run_in_four_parts(tmp_path):
    arguments = [SMALL_DEMO, "tracking=none"]
    assert command(*arguments, cwd=tmp_path).returncode == 0
    shutil.rmtree(tmp_path / "outputs")
    code = (
        "import logging, sys; from anomalog_exp.__main__ import main;"
        "logging.FileHandler._open = lambda log: open('/dev/full', 'w');"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    (run_dir,) = run_dirs(tmp_path / "outputs")
    problem = f"error: a file or folder: No space left on device\n  value:   {run_dir}/run.log\n"
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert read_run(run_dir).status["status"] == "failed"


def test_two_at_once_on_one_config_run_once(tmp_path):
    given = [SMALL_DEMO, "tracking=none", "report.page=false"]
    arguments = [sys.executable, "-m", "anomalog_exp", *given]
    both = [
        subprocess.Popen(
            arguments, cwd=tmp_path, env=environment(), stdout=-1, stderr=-1, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert sum("(reused" in text for text in outputs) == 1
