"""Run dirs run again from themselves, and brought into a store."""

from __future__ import annotations

import json

import pytest

from tests.command import SMALL_DEMO, command, run_dirs
from tests.stores import store_at_hand


def test_members_of_a_sweep_come_out_the_same_and_a_changed_result_is_said(tmp_path):
    sweep = [SMALL_DEMO, "model=markov,naive_bayes", "tracking=none", "-m", "hydra/launcher=basic"]
    swept = command(*sweep, cwd=tmp_path)
    assert swept.returncode == 0, swept.stderr
    first, second = run_dirs(tmp_path / "outputs")
    metrics = second / "metrics.json"
    metrics.write_text(metrics.read_text().replace("0", "1", 1))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = command("rerun", str(first), str(second), cwd=elsewhere)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        f"the same  {first}",
        f"differs in metrics.json (older result: metrics.json has changed)  {second}",
    ]
    kept = json.loads((first / "attempts/1/metrics.json").read_text())
    assert kept == json.loads((first / "metrics.json").read_text())
    assert not list(elsewhere.iterdir())


def test_a_run_dir_from_before_there_were_plugins_runs_again(tmp_path):
    assert command(SMALL_DEMO, "tracking=none", cwd=tmp_path).returncode == 0
    (run_dir,) = run_dirs(tmp_path / "outputs")
    config = (run_dir / "config.yaml").read_text()
    assert "plugins: []\n" in config
    (run_dir / "config.yaml").write_text(config.replace("plugins: []\n", ""))
    status = json.loads((run_dir / "status.json").read_text())
    del status["files"]
    (run_dir / "status.json").write_text(json.dumps(status))
    done = command("rerun", str(run_dir), cwd=tmp_path)
    older = "older result: an earlier version wrote it, without digests"
    assert done.stdout == f"the same ({older})  {run_dir}\n", done.stderr


@pytest.mark.parametrize("word", ["rerun", "mirror"])
def test_a_folder_without_a_run_is_a_mistake(tmp_path, word):
    done = command(word, ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: RUN_DIR: this folder holds no run\n  value:   .\n")
    assert list(tmp_path.iterdir()) == []


def test_runs_are_brought_into_a_store_only(tmp_path):
    store_at_hand(tmp_path)
    assert command(SMALL_DEMO, "tracking=none", cwd=tmp_path).returncode == 0
    (run_dir,) = run_dirs(tmp_path / "outputs")
    done = command("mirror", str(run_dir), "--", "tracking=none", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: tracking: there is no store to bring runs into")
    done = command("mirror", str(run_dir), cwd=tmp_path)
    (record,) = json.loads((run_dir / "tracking.json").read_text())
    assert done.stdout == f"brought in    {record['run_id']} {run_dir}\n"
    again = command("mirror", str(run_dir), cwd=tmp_path)
    assert again.stdout == f"there already {record['run_id']} {run_dir}\n"
