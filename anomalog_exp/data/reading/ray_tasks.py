"""Tasks of Ray do the work of a build. One whose process is killed runs again, in another process."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from anomalog_exp.data.build_config import BuildConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.extras import extra_named
from anomalog_exp.options.plugins import plugin_folders, use_plugins
from anomalog_exp.options.ray_cluster import OBJECT_STORE, connected
from anomalog_exp.processes import limit_threads

if TYPE_CHECKING:
    from ray import ObjectRef

__all__ = ["RayTasks", "ray_tasks"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_KEY: Final = "dataset.build.engine"
_MOST_SHARED: Final = 1_000_000_000
"""Bytes of shared memory at most, where Ray is started here: it keeps what is more on disk."""


class _Pending(Generic[_Result]):
    """A task that has begun."""

    def __init__(self, task: ObjectRef[_Result]) -> None:
        self._task = task

    def result(self) -> _Result:
        """What it returns.

        Raises:
            ConfigError: its process was killed each time.
            Exception: what it raised.
        """
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            return ray.get(self._task)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise ConfigError.of(
                _KEY,
                "ray",
                problem=f"a worker was lost each time: {str(error).partition(chr(10))[0]}",
                allowed="workers that live until their task is done, one time in four",
                fix="give more dataset.build.shards, so that each takes less memory; "
                "or dataset.build.engine=local",
            ) from error


class RayTasks:
    """Does work in processes of Ray, each with one thread.

    Attributes:
        ahead: How many tasks are worth beginning before the first is waited for.
    """

    def __init__(self, ahead: int) -> None:
        import ray

        self.ahead = ahead
        self._run = ray.remote(num_cpus=1)(_run)
        self._work: object = None
        self._sent: Any = None

    def submit(self, work: Callable[[_Item], _Result], item: _Item, /) -> _Pending[_Result]:
        """Begin with an item; work that was sent before is not sent again."""
        import ray
        from ray import cloudpickle

        if self._work is not work:
            self._work, self._sent = work, ray.put(cloudpickle.dumps(work))
        return _Pending(self._run.remote(plugin_folders(), self._sent, item))


@contextmanager
def ray_tasks(build: BuildConfig, shard_bytes: int) -> Iterator[RayTasks]:
    """Ray inside the block, started here or joined.

    Args:
        build: Where Ray is.
        shard_bytes: Bytes of the log that a task takes.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: no cluster answers, or this process is itself a task of Ray.
    """
    with extra_named(_KEY, "ray"):
        import ray
    if ray.is_initialized() and ray.get_runtime_context().worker.mode == ray.WORKER_MODE:
        # Members that wait for the one that builds hold the cores that its tasks would need, for ever.
        raise ConfigError.of(
            _KEY,
            "ray",
            problem="a member of a sweep that Ray runs cannot build by tasks of Ray",
            allowed="hydra/launcher=ray or dataset.build.engine=ray, one of the two",
            fix="build the data set by one run before the sweep; members find it in the cache",
        )
    arguments: dict[str, Any] = {"address": build.address, "include_dashboard": False}
    if build.address == "local":
        import polars as pl

        workers = build.workers or pl.thread_pool_size()
        shared = OBJECT_STORE + (2 * workers + 1) * shard_bytes
        arguments |= {"num_cpus": workers, "object_store_memory": min(shared, _MOST_SHARED)}
    with connected("dataset.build.address", arguments):
        cores = int(ray.cluster_resources().get("CPU", 1))
        yield RayTasks(ahead=2 * max(1, cores))


def _run(plugins: Sequence[Path], work: bytes, item: Any) -> Any:
    """Do the work in a process of Ray.

    Work is read behind the number of threads: it loads libraries, which ask for it once.
    """
    limit_threads(1)
    use_plugins(plugins)
    return pickle.loads(work)(item)
