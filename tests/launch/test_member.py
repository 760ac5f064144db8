from __future__ import annotations

import signal

import polars as pl
import pytest

from anomalog_exp.config.compose import compose, quoted
from anomalog_exp.launch import member
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.stopping import Stopped


def begun(folder) -> list[str]:
    """A sweep of one member, and the overrides that the member is given."""
    SweepFolder(folder).begin([["seed=1"]])
    return ["seed=1", f"sweep.dir={quoted(str(folder))}"]


def raising(error: BaseException):
    def run(*_, **__):
        raise error

    return run


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), pl.exceptions.PanicException("no")]
)
def test_whatever_a_member_raises_becomes_its_record(tmp_path, monkeypatch, error):
    overrides = begun(tmp_path)
    monkeypatch.setattr(member, "run", raising(error))
    assert member.run_member(compose(overrides), index=0, overrides=overrides) is None
    (record,) = SweepFolder(tmp_path).records("it is missing")
    assert record["status"] == "failed"
    assert record["reason"] == f"{type(error).__name__}: {error}"
    assert record["overrides"] == ["seed=1"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stopped(128 + signal.SIGTERM)])
def test_what_is_meant_for_the_whole_sweep_goes_on_to_it(tmp_path, monkeypatch, error):
    overrides = begun(tmp_path)
    monkeypatch.setattr(member, "run", raising(error))
    with pytest.raises(type(error)):
        member.run_member(compose(overrides), index=0, overrides=overrides)
    (record,) = SweepFolder(tmp_path).records("it is missing")
    assert record["status"] == "lost"
