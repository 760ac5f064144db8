"""A command starts a run or a sweep as `hydra.main` does, and composes once what is composed once."""

from __future__ import annotations

import json

from tests.command import SMALL_DEMO, command, python, run_dirs, sweep_rows

QUICK = [SMALL_DEMO, "tracking=none", "report.page=false"]

COUNTED = """
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from anomalog_exp.__main__ import main

by_hydra, composed = ConfigLoaderImpl._load_configuration_impl, []

def counted(self, *asked, **how):
    composed.append(asked)
    return by_hydra(self, *asked, **how)

ConfigLoaderImpl._load_configuration_impl = counted
assert main({arguments!r}) == 0
print("composed", len(composed))
"""


def test_a_run_is_composed_once(tmp_path):
    done = python(COUNTED.format(arguments=QUICK), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "composed 1"
    assert len(run_dirs(tmp_path / "outputs")) == 1


def test_a_mode_that_the_config_says_counts_without_a_flag(tmp_path):
    given = [*QUICK, "hydra/launcher=basic"]
    for more in (["hydra.mode=MULTIRUN", "seed=0,1"], ["hydra.mode=MULTIRUN", "-m", "seed=0,1"]):
        done = command(*given, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert len(sweep_rows(tmp_path / "outputs")) == 2
    alone = command(*QUICK, "hydra.mode=RUN", "seed=7", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert len(run_dirs(tmp_path / "outputs")) == 3


def test_a_mode_in_an_own_file_counts_too(tmp_path):
    (tmp_path / "own/debug").mkdir(parents=True)
    own = (
        "# @package _global_\nhydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      seed: 0,1\n"
    )
    (tmp_path / "own/debug/swept.yaml").write_text(own)
    given = [*QUICK, "hydra/launcher=basic", "debug=swept"]
    done = command(*given, f"hydra.searchpath=[file://{tmp_path / 'own'}]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (told,) = (tmp_path / "outputs").glob("sweeps/*/results.json")
    assert len(json.loads(told.read_text())["members"]) == 2
