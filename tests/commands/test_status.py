"""How sweeps stand that no cluster runs; those of a cluster are in tests/launch/test_slurm.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.sweep_folder import SweepFolder


@pytest.fixture
def folder(tmp_path) -> SweepFolder:
    """A sweep of two members, of which one is done."""
    folder = SweepFolder(tmp_path)
    folder.begin([["seed=0"], ["seed=1"]])
    done = {"index": 1, "overrides": ["seed=1"], "status": "done", "metrics": {"f1": 0.75}}
    folder.leave(done | {"primary_metric": "f1", "primary_value": 0.75, "seconds": 1.5})
    return folder


def test_a_sweep_that_runs_shows_its_table_so_far_and_who_runs_it(folder, capsys):
    with folder.held():
        assert run_command("status", str(folder.path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["1", "1", "done", "0.7500", "1.5000"],
        ["0", "0", "waiting", "-", "-"],
    ]
    assert any(line.startswith("member 0 waiting: process ") for line in lines)
    assert lines[-1].startswith("2 members: 1 done, 1 waiting.")
    assert not (folder.path / "results.csv").exists()


def test_a_sweep_that_nobody_runs_any_more_has_lost_members(folder, capsys):
    assert run_command("status", str(folder.path)) == 1
    shown = capsys.readouterr().out
    assert "member 0 lost: the sweep was stopped before it ended" in shown


def test_a_sweep_that_is_done_ends_with_0(folder, capsys):
    folder.leave({"index": 0, "overrides": ["seed=0"], "status": "done"})
    assert run_command("status", str(folder.path)) == 0
    assert "2 members: 2 done." in capsys.readouterr().out


def test_a_folder_that_holds_no_sweep_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="this folder holds no sweep"):
        run_command("status", str(Path(tmp_path)))
    with pytest.raises(ConfigError, match="SWEEP_DIR: there is no such folder"):
        run_command("status", str(tmp_path / "wrong"))
