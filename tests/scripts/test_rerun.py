"""A run dir run again from itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import SMALL_DEMO, command, environment, run_dirs

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/rerun.py"


def rerun(folder: Path, *run_dirs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *run_dirs],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_members_of_a_sweep_come_out_the_same_and_a_changed_result_is_told(tmp_path):
    swept = command(SMALL_DEMO, "model=markov,naive_bayes", "tracking=none", "-m", cwd=tmp_path)
    assert swept.returncode == 0, swept.stderr
    first, second = run_dirs(tmp_path / "outputs")
    metrics = second / "metrics.json"
    metrics.write_text(metrics.read_text().replace("0", "1", 1))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = rerun(elsewhere, first, second)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [f"the same  {first}", f"differs in metrics.json  {second}"]
    kept = json.loads((first / "attempts/1/metrics.json").read_text())
    assert kept == json.loads((first / "metrics.json").read_text())
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("script", ["rerun.py", "mirror_runs.py"])
def test_scripts_say_what_they_are_for_and_tell_a_wrong_folder(tmp_path, script):
    def told(*arguments: str) -> str:
        command = [sys.executable, SCRIPT.with_name(script), *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode
        assert "Traceback" not in done.stderr
        return done.stderr

    assert f"python scripts/{script} RUN_DIR" in told("--help")
    assert told("/nope").startswith("error: /nope holds no run")


def test_a_folder_without_a_run_is_a_mistake(tmp_path):
    done = rerun(tmp_path, tmp_path)
    assert done.returncode == 2
    assert "holds no run" in done.stderr
    assert "Traceback" not in done.stderr
