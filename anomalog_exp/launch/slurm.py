"""Members of a sweep sent to Slurm by submitit, and what they returned.

A member has ended when its record is in the sweep's folder. So nobody reads the files in which submitit
returns results, and nobody asks Slurm's accounting, which many clusters lack.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf

import anomalog_exp
from anomalog_exp.errors import ConfigError, MissingExtra
from anomalog_exp.launch.slurm_job import Member, MembersJob
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.workers import threads_of

__all__ = ["check_slurm", "send", "wait_for"]

_MOST_JOBS = 1000
"""Of one array; Slurm takes 1001 unless its administrator allows more (MaxArraySize)."""

_LOOK_EVERY_S = 1.0
_ASK_EVERY_S = 10.0
_GONE_FOR_S = 30.0
"""A record may be seen so late on a network file system, which keeps lists of files for a while."""

_SUBMITIT = "hydra_plugins.hydra_submitit_launcher"


def check_slurm(launcher: DictConfig, *, is_planned: bool) -> None:
    """Find what keeps members from being sent; other launchers are none of its business.

    Args:
        launcher: The launcher's config.
        is_planned: What members there are is known before one has run.

    Raises:
        ConfigError: there is no Slurm here, or nobody would wait for what a search needs.
        MissingExtra: submitit is not installed.
    """
    if launcher.get("_target_") != "hydra_plugins.anomalog_exp_slurm.SlurmLauncher":
        return
    if find_spec("submitit") is None or find_spec(_SUBMITIT) is None:
        raise MissingExtra.of(
            "hydra/launcher",
            "slurm",
            problem="it needs the package 'hydra-submitit-launcher', which is not installed",
            allowed="launchers whose packages are installed",
            fix="pip install 'anomalog-exp[cluster]'",
        )
    if not isinstance(launcher.members_per_job, int) or launcher.members_per_job < 1:
        raise ConfigError.of(
            "hydra.launcher.members_per_job",
            launcher.members_per_job,
            problem="it is no number of members",
            allowed="1 and more",
            fix="leave it out for a job of its own for each member",
        )
    if launcher.detach and not is_planned:
        raise ConfigError.of(
            "hydra.launcher.detach",
            True,
            problem="a search chooses members by what earlier ones returned, so somebody has to wait",
            allowed="sweeps of all combinations (hydra/sweeper=grid)",
            fix="leave it out, and let the command run in tmux or in a job of its own",
        )
    if shutil.which("sbatch") is None:
        raise ConfigError.of(
            "hydra/launcher",
            "slurm",
            problem="there is no Slurm on this machine: sbatch is not among its programs",
            allowed="machines that jobs can be sent from, such as a login node",
            fix="log in there; or hydra/launcher=local for this machine",
        )


def send(
    members: Sequence[Member],
    members_per_job: int,
    resources: Mapping[str, Any],
    given: Mapping[str, Any],
) -> SweepFolder:
    """Send members in arrays of jobs; the sweep's folder, which notes which job each is in.

    Args:
        members: The members.
        members_per_job: How many run in one job.
        resources: What submitit's launcher takes.
        given: What Hydra gives a launcher.

    Raises:
        ConfigError: Slurm does not take the jobs.
    """
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import (
        SlurmLauncher,
    )
    from submitit import AutoExecutor
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    runner = SlurmLauncher()
    runner.setup(**given)
    folder = SweepFolder(Path(str(given["config"].hydra.sweep.dir)))
    lists = [
        list(members[start : start + members_per_job])
        for start in range(0, len(members), members_per_job)
    ]
    singletons = Singleton.get_state()
    jobs = [MembersJob(runner, str(Path.cwd()), folder, some, singletons) for some in lists]
    executor = _executor(AutoExecutor, resources)
    with _environment_of_jobs(resources["cpus_per_task"] or 1):
        for start in range(0, len(jobs), _MOST_JOBS):
            some = jobs[start : start + _MOST_JOBS]
            try:
                taken = executor.submit_array(some)
            except (FailedJobError, FailedSubmissionError) as error:
                raise ConfigError.of(
                    "hydra.launcher",
                    str(error).strip().splitlines()[-1],
                    problem="Slurm does not take the jobs",
                    allowed="what `sinfo` and your account allow: partition, time, memory, cores",
                    fix="change hydra.launcher.partition, .account, .timeout_min, .mem_gb or the like",
                ) from error
            folder.sent.add(
                [
                    (str(one.job_id), [index for index, _ in job.members])
                    for one, job in zip(taken, some, strict=True)
                ]
            )
    return folder


def _executor(kind: Any, resources: Mapping[str, Any]) -> Any:
    """What sends jobs, with names of submitit's general keys and of those of Slurm told apart."""
    from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf

    plain = {
        key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
        for key, value in resources.items()
    }
    folder, repeats = plain.pop("submitit_folder"), plain.pop("max_num_timeout")
    executor = kind(cluster="slurm", folder=folder, slurm_max_num_timeout=repeats)
    general = BaseQueueConf.__dataclass_fields__
    executor.update_parameters(
        **{key if key in general else f"slurm_{key}": value for key, value in plain.items()}
    )
    return executor


@contextmanager
def _environment_of_jobs(cores: int) -> Iterator[None]:
    """The environment that sbatch takes along: where our code is from any directory, and threads."""
    before = dict(os.environ)
    code = str(Path(anomalog_exp.__file__).parents[1])
    named = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([code, *(str(Path(path).absolute()) for path in named)])
    )
    os.environ.update(threads_of(cores))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def wait_for(
    folder: SweepFolder, members: Sequence[Member], *, at_once: bool = False
) -> list[JobReturn]:
    """What each member returned, when all have left a record or their jobs are gone.

    Args:
        folder: The sweep's.
        members: The members that were sent.
        at_once: Do not wait: nothing is known of what they return.
    """
    job_of = folder.sent.job_of
    missing = set() if at_once else {index for index, _ in members}
    asked = seen = time.monotonic()
    while missing := {index for index in missing if not folder.has_ended(index)}:
        time.sleep(_LOOK_EVERY_S)
        now = time.monotonic()
        if now - asked < _ASK_EVERY_S:
            continue
        asked, states = now, folder.sent.in_queue()
        if states is None or any(job_of[index] in states for index in missing):
            seen = now
        elif now - seen > _GONE_FOR_S:
            break
    left = {} if at_once else folder.left()
    values = [left.get(index, {}).get("primary_value") for index, _ in members]
    return [
        JobReturn(overrides, status=JobStatus.COMPLETED, _return_value=value)
        for (_, overrides), value in zip(members, values, strict=True)
    ]
