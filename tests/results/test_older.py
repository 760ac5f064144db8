"""An older result when its run begins again: it is kept whole, whatever ends the process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.results import ResultPaths, claimed, read_run
from anomalog_exp.results.intact import file_digests
from tests.attempting import attempted
from tests.command import SMALL_DEMO, environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(tmp_path):
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={tmp_path / name}" for name in names]
    return load_run_config([SMALL_DEMO, "tracking=none", "model=naive_bayes", *places])


def digests(run_dir: Path) -> dict[str, str]:
    return file_digests(ResultPaths.in_dir(run_dir))


def whole(run_dir: Path, expected: dict[str, str]) -> bool:
    """Whether a dir holds a result as it was written."""
    try:
        return bool(read_run(run_dir).files) and digests(run_dir) == expected
    except (ConfigError, FileNotFoundError):
        return False


def test_a_kill_at_any_step_leaves_the_older_result_whole_and_the_next_start_nothing_else(
    config, tmp_path
):
    run_dir = Path(run(config).run_dir)
    (run_dir / "tracking.json").write_text("[]")
    (run_dir / ".metrics.json.a1b2c3d4").write_text("what a kill has left")
    expected = digests(run_dir)
    kills = tmp_path / "kills"
    done = subprocess.run(
        [sys.executable, "-m", "tests.attempting", run_dir / "config.yaml", kills],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    operations = int(done.stdout)
    assert operations > 40
    unchanged = kept = 0
    for at in range(1, operations + 1):
        (copy,) = kills.glob(f"{at}/*/{run_dir.name}")
        first = copy / "attempts/1"
        assert whole(copy, expected) or whole(first, expected), f"killed at operation {at}"
        unchanged += whole(copy, expected)
        kept += whole(first, expected)
        ended = read_run(copy).status["status"] == "done" and not whole(copy, expected)
        attempted(config, copy)
        attempts = sorted(path.name for path in (copy / "attempts").iterdir())
        # An attempt that had ended before the kill is an older one now.
        assert attempts == (["1", "2"] if ended else ["1"]), f"killed at operation {at}"
        assert whole(first, expected), f"killed at operation {at}"
        assert (first / "tracking.json").exists()
        left = {path.name for path in copy.iterdir()} - {"attempts"}
        assert left == {"config.yaml", "environment.json", "run.log", "status.json"}
        assert read_run(copy).files
    assert unchanged > 10 < kept


def test_a_disk_without_links_gets_copies(config, monkeypatch):
    run_dir = Path(run(config).run_dir)
    expected = digests(run_dir)

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    run(config.model_copy(update={"force": True}))
    assert whole(run_dir / "attempts/1", expected)
    assert {path.name for path in (run_dir / "attempts").iterdir()} == {"1"}


def test_folders_that_somebody_put_beside_attempts_are_left_alone(config):
    run_dir = Path(run(config).run_dir)
    (run_dir / "attempts/2 (copy)").mkdir(parents=True)
    run(config.model_copy(update={"force": True}))
    assert {path.name for path in (run_dir / "attempts").iterdir()} == {"1", "2 (copy)"}


def test_a_result_without_its_status_is_kept(config):
    run_dir = Path(run(config).run_dir)
    (run_dir / "status.json").unlink()
    expected = digests(run_dir)
    assert not run(config).reused
    assert digests(run_dir / "attempts/1") == expected


def test_what_a_kill_left_is_removed_by_the_next_who_has_the_lock(config):
    paths = ResultPaths.in_dir(Path(run(config).run_dir))
    before = set(paths.run_dir.iterdir())
    (paths.run_dir / ".tracking.json.0a_b1c2d").write_text("[")
    (paths.run_dir / ".hidden").write_text("somebody's")
    (paths.attempts_dir / ".unfinished/deep").mkdir(parents=True)
    with claimed(paths):
        assert set(paths.run_dir.iterdir()) == before | {
            paths.attempts_dir,
            paths.run_dir / ".hidden",
        }
        assert not list(paths.attempts_dir.iterdir())
    assert run(config).reused
