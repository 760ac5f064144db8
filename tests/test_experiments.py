from __future__ import annotations

import json

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.options import option_names
from tests.command import command
from tests.tiny import tiny


@pytest.mark.parametrize("name", option_names("experiment"))
def test_a_committed_experiment_runs_on_a_small_log_of_its_format(name, tmp_path):
    config = load_run_config([f"experiment={name}"])
    assert config.experiment_name == name
    assert config.description
    assert config.groups
    overrides = tiny(config.dataset.name, tmp_path / "raw")
    done = command(f"experiment={name}", *overrides, "tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob(f"outputs/sweeps/{name}-*/results.json")
    members = json.loads(path.read_text())["members"]
    assert len(members) > 1
    assert {member["status"] for member in members} == {"done"}
    assert all(member["metrics"] for member in members)
