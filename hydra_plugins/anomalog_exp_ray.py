"""A launcher of Hydra that runs each member of a sweep as a task of Ray, here or on a cluster.

The published hydra-ray-launcher needs cloudpickle below 3, where we have 3, and the client of Amazon's
cloud. This one needs `ray` only, and runs a member as the joblib launcher does.

A process that is killed while it runs a member takes no other member with it: Ray runs the member again,
on any machine. A member whose process is killed every time is lost, and the same command runs it again.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from ray import ObjectRef

__all__ = ["RayLauncher"]

_LOG = logging.getLogger(__name__)


class RayLauncher(Launcher):
    """Runs members in processes of a Ray cluster, which is started for them or is there already.

    Args:
        address: `local` starts Ray on this machine; everything else is for `ray.init`.
        n_jobs: Members at once, where Ray is started here.
        cores_per_member: Cores that Ray keeps free for each member, which uses as many threads.
        retries: How often a member is run again whose process was killed.
        init: Further arguments of `ray.init`.
        member: Further options of `ray.remote`.
    """

    def __init__(
        self,
        address: str,
        n_jobs: int,
        cores_per_member: int,
        retries: int,
        init: Mapping[str, Any],
        member: Mapping[str, Any],
    ) -> None:
        self._init = {"address": address, **init}
        self._workers = n_jobs
        self._threads = cores_per_member
        self._member = {"num_cpus": cores_per_member, "max_retries": retries, **member}
        self._context: tuple[HydraContext, DictConfig, TaskFunction]

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self._context = (hydra_context, config, task_function)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run members, as many at once as the cluster has room for; what they came to, in their order.

        Raises:
            ConfigError: no cluster answers at the address.
            Exception: what a member raised outside of its run.
        """
        import ray
        from ray import cloudpickle

        from anomalog_exp.options.ray_cluster import connected

        setup_globals()
        hydra = self._context[1].hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        Path(str(hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        with connected("hydra.launcher.address", self._init | self._machine(len(job_overrides))):
            context = ray.put(cloudpickle.dumps((*self._context, Singleton.get_state())))
            run_member = ray.remote(**self._member)(_run_member)
            begun = [
                run_member.remote(context, index, list(overrides), str(Path.cwd()), self._threads)
                for index, overrides in enumerate(job_overrides, initial_job_idx)
            ]
            return [_outcome(index, ref) for index, ref in enumerate(begun, initial_job_idx)]

    def _machine(self, members: int) -> dict[str, int]:
        """What of this machine Ray may use, where it is started here."""
        if self._init["address"] != "local":
            return {}
        from joblib import effective_n_jobs

        from anomalog_exp.options.ray_cluster import OBJECT_STORE

        workers = min(effective_n_jobs(self._workers), members)
        return {"num_cpus": workers * self._threads, "object_store_memory": OBJECT_STORE}


def _run_member(
    context: bytes, index: int, overrides: Sequence[str], folder: str, threads: int
) -> JobReturn:
    """Run a member in a process of the cluster, in the folder where the command was called.

    The context is read behind the number of threads: it loads libraries, which ask for it once.
    """
    from anomalog_exp.processes import limit_threads

    limit_threads(threads)
    os.chdir(folder)
    hydra_context, config, task_function, singletons = pickle.loads(context)
    from hydra_plugins.hydra_joblib_launcher._core import execute_job

    return execute_job(index, overrides, hydra_context, config, task_function, singletons)


def _outcome(index: int, member: ObjectRef[JobReturn]) -> JobReturn:
    """What a member returned; nothing where each of its processes was killed."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return ray.get(member)
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:
        _LOG.warning("member %d is lost: %s", index, str(error).partition("\n")[0])
        lost = JobReturn(status=JobStatus.COMPLETED)
        lost.return_value = None
        return lost
