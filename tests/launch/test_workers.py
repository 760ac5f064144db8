from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from hydra.utils import instantiate
from joblib import Parallel, delayed
from omegaconf import OmegaConf

from anomalog_exp.launch.workers import (
    members_at_once,
    memory_limit,
    share_cores,
    workers_that_fit,
)
from anomalog_exp.options.listing import conf_dir
from anomalog_exp.processes import this_process

GB = 1_000_000_000
MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("cores", "memory", "workers"),
    [(8, 12 * GB, 8), (8, 11 * GB, 7), (8, 3 * GB, 2), (8, 1 * GB, 1), (1, 64 * GB, 1)],
)
def test_there_is_a_worker_per_core_as_long_as_each_has_its_memory(cores, memory, workers):
    assert workers_that_fit(cores, memory) == workers


def test_only_the_cores_that_the_process_may_use_count():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from anomalog_exp.launch.workers import workers_that_fit;"
        "print(workers_that_fit(memory=10**15))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "1\n", done.stderr


def test_a_process_that_runs_jobs_knows_the_resolver_of_the_launcher():
    code = (
        "import anomalog_exp.launch.job; from omegaconf import OmegaConf;"
        "from anomalog_exp.launch.workers import workers_that_fit;"
        "print(OmegaConf.create({'n_jobs': '${workers:}'}).n_jobs == workers_that_fit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/job/step\n", {"job/memory.max": 4 * GB, "job/step/memory.max": "max"}, 4 * GB),
        ("0::/job/step\n", {"job/memory.max": 4 * GB, "job/step/memory.max": GB}, GB),
        # Inside a container its own group is the uppermost, and the path is one of outside.
        ("0::/outside/names/it\n", {"memory.max": 3 * GB}, 3 * GB),
        ("4:memory:/job\n3:cpuset:/\n", {"memory/job/memory.limit_in_bytes": 2 * GB}, 2 * GB),
        ("4:memory:/job\n", {"memory/memory.limit_in_bytes": 9223372036854771712}, MACHINE),
        ("0::/\n", {"memory.max": "max"}, MACHINE),
        ("0::/\n", {}, MACHINE),
    ],
)
def test_memory_is_what_the_machine_and_the_control_groups_allow(
    tmp_path, groups, limits, expected
):
    (tmp_path / "groups").write_text(groups)
    for name, value in limits.items():
        path = tmp_path / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    assert memory_limit(tmp_path / "groups", tmp_path / "mounted") == expected


def test_without_control_groups_memory_is_the_machines(tmp_path):
    assert memory_limit(tmp_path / "none", tmp_path) == MACHINE


@pytest.mark.parametrize(
    ("launcher", "at_once"),
    [
        ({"_target_": "x.JoblibLauncher", "n_jobs": 3}, 3),
        ({"_target_": "x.BasicLauncher"}, 1),
        ({"_target_": "x.LocalLauncher", "cpus_per_task": None}, 7),
        ({"_target_": "x.SlurmLauncher", "cpus_per_task": 4}, 1),
        ({"_target_": "x.RayLauncher", "n_jobs": 3, "address": "local"}, 3),
        ({"_target_": "x.RayLauncher", "n_jobs": 3, "address": "auto"}, 1),
    ],
)
def test_launchers_run_as_many_members_at_once_as_they_do(launcher, at_once):
    assert members_at_once(OmegaConf.create(launcher), 7) == at_once


def test_workers_share_the_cores_and_what_the_user_says_stands(monkeypatch):
    for name in ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        # Set, so that it is put back afterwards, and then removed.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    share_cores(1)
    assert "POLARS_MAX_THREADS" not in os.environ
    share_cores(10_000)
    assert os.environ["POLARS_MAX_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_a_worker_follows_its_sweep_before_it_has_a_member(monkeypatch):
    launcher = yaml.safe_load((conf_dir() / "hydra/launcher/local.yaml").read_text())
    begin = instantiate(launcher["initializer"])
    monkeypatch.setenv("ANOMALOG_SWEEP_PROCESS", this_process())
    named = "[thread.name for thread in __import__('threading').enumerate()]"
    workers = Parallel(2, backend="loky", initializer=begin)(delayed(eval)(named) for _ in "ab")
    assert all("follows-sweep" in names for names in workers)
