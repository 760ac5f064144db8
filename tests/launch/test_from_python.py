"""Sweeps that are started from Python."""

from __future__ import annotations

import os

import pytest

from anomalog_exp import ConfigError
from anomalog_exp.launch.from_python import sweep
from tests.command import SMALL_DEMO


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_sweep_returns_its_members_and_leaves_no_trace_in_this_process(tmp_path, capsys):
    before = dict(os.environ)
    asked = [SMALL_DEMO, "tracking=none", "report.page=false", "model=markov,oov", "seed=0,1"]
    runs = sweep(asked)
    assert sorted(runs.select("detector", "seed", "status").rows()) == [
        ("markov", 0, "done"), ("markov", 1, "done"), ("oov", 0, "done"), ("oov", 1, "done"),
    ]  # fmt: skip
    assert dict(os.environ) == before
    assert "4 members: 4 done." in capsys.readouterr().out
    again = sweep([*asked, "hydra.launcher.n_jobs=1"])
    assert again["run_dir"].sort().to_list() == runs["run_dir"].sort().to_list()
    assert "reused" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (["modle=markov,oov"], "modle: there is no such key"),
        (["model=markov,oox"], "model: there is no such option"),
        (["seed=0,1", "split.test_fraction=7"], "split.test_fraction: this value does not fit"),
        (["seed=0,1", "sweep.summarize=model"], "sweep.summarize: this sweep does not vary it"),
        (["seed=0,1", "sweep.summarize=seed,model"], "sweep.summarize: a sweep has one table"),
        (["seed=0", "seed=1"], "seed: it is given twice"),
    ],
)
def test_mistakes_are_clear_errors_and_nothing_runs(tmp_path, overrides, problem):
    with pytest.raises(ConfigError, match=problem):
        sweep(overrides)
    assert list(tmp_path.iterdir()) == []
