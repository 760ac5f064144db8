"""A launcher of Hydra that runs the members of a sweep as jobs of Slurm.

Hydra imports this in every application of the environment: submitit, and what we need of it, is imported
where jobs are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

__all__ = ["SlurmLauncher"]


class SlurmLauncher(Launcher):
    """Sends members to Slurm, several in one job if that is asked for, and waits for them or not.

    Args:
        detach: Return as soon as the jobs are sent.
        members_per_job: How many members run in one job, one after the other.
        resources: What submitit's launcher of that name takes.
    """

    def __init__(self, *, detach: bool, members_per_job: int, **resources: Any) -> None:
        self._detach, self._members_per_job = detach, members_per_job
        self._resources = resources
        self._given: dict[str, Any]

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what members are composed and run with."""
        self._given = {
            "hydra_context": hydra_context,
            "task_function": task_function,
            "config": config,
        }

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Send the members; what each returned, or nothing yet."""
        from anomalog_exp.launch.slurm import send, wait_for

        members = list(enumerate(map(list, job_overrides), initial_job_idx))
        folder = send(members, self._members_per_job, self._resources, self._given)
        return wait_for(folder, members, at_once=self._detach)
