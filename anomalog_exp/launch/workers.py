"""Cores, memory, threads and the end of the processes that run the members of a sweep.

A launcher decides where members run; what they may use of this machine is decided here. The resolver
`${workers:}` of conf/ is registered by this import, in the parent and in every process that runs a job.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import cache
from multiprocessing import current_process
from pathlib import Path
from threading import Thread

from omegaconf import DictConfig, OmegaConf

from anomalog_exp.launch.launchers import launcher_class
from anomalog_exp.processes import THREADS, is_gone, this_process

__all__ = [
    "end_with_this_process",
    "follow_the_sweep",
    "members_at_once",
    "memory_limit",
    "share_cores",
    "threads_of",
    "workers_that_fit",
]

_MEMORY_OF_A_WORKER = 1_500_000_000

_SWEEP = "ANOMALOG_SWEEP_PROCESS"
"""The environment variable that names the process with which workers on its machine end."""

_LOOK_EVERY_S = 0.5


def workers_that_fit(cores: int | None = None, memory: int | None = None) -> int:
    """Workers of a sweep: one per usable core, as long as each can have 1.5 GB of memory.

    Args:
        cores: Usable cores; None counts those of this process.
        memory: Usable bytes; None asks for those of this process.
    """
    cores = _usable_cores() if cores is None else cores
    memory = memory_limit() if memory is None else memory
    return max(1, min(cores, memory // _MEMORY_OF_A_WORKER))


OmegaConf.register_new_resolver("workers", workers_that_fit, replace=True)


def members_at_once(launcher: DictConfig, members: int) -> int:
    """How many members a launcher runs at once in processes of this machine.

    One stands for "in this process", and for a launcher that is not known: it may run them on others.

    Args:
        launcher: The launcher's config.
        members: How many members there are.
    """
    name = launcher_class(launcher)
    if name == "LocalLauncher":  # submitit on this machine starts all of them
        return members
    here = name == "JoblibLauncher" or (name == "RayLauncher" and launcher.address == "local")
    if not here:
        return 1
    from joblib import effective_n_jobs  # a single run starts without it

    return int(effective_n_jobs(launcher.n_jobs))


def share_cores(workers: int) -> None:
    """Let the threads of all workers together use each core once; one worker may use them all."""
    if workers > 1:
        os.environ.update(threads_of(max(1, _usable_cores() // workers)))


def threads_of(cores: int) -> dict[str, str]:
    """The environment of a process that is to use so many cores; what is set already stays."""
    return {name: os.environ.get(name, str(cores)) for name in THREADS}


def end_with_this_process(launcher: DictConfig) -> None:
    """Let workers that are started from here end when this process is gone, however it ended.

    A cluster's do not: whoever sends jobs there may log off.

    Args:
        launcher: The launcher's config.
    """
    if launcher_class(launcher) in ("JoblibLauncher", "LocalLauncher"):
        os.environ[_SWEEP] = this_process()


def follow_the_sweep() -> None:
    """In a worker: leave Ctrl-C to the process of the sweep, and end when that has ended.

    A terminal sends Ctrl-C to everybody, and the parent answers it. A parent that is killed answers
    nothing: its workers would wait for the next member for ever, and hold their memory.
    """
    if current_process().name != "MainProcess":  # joblib's
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sweep = os.environ.get(_SWEEP)
    if sweep is not None and sweep != this_process():
        _watch(sweep)


@cache
def _watch(sweep: str) -> None:
    Thread(target=_end_after, args=(sweep, os.getppid()), name="follows-sweep", daemon=True).start()


def _end_after(sweep: str, parent: int) -> None:
    """End as by a kill, which the same command survives, when the sweep or our parent is gone."""
    while os.getppid() == parent and not is_gone(sweep):
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


def memory_limit(
    groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")
) -> int:
    """Bytes that this process may use: the machine's, or less where a control group of Linux says so.

    Args:
        groups: Names the groups of the process.
        mounted: The folder of all groups.
    """
    return min([_machine_memory(), *_group_limits(groups, mounted)])


def _usable_cores() -> int:
    """Cores by affinity and control group, as joblib counts them."""
    from joblib import cpu_count  # a single run starts without it

    return int(cpu_count())


def _machine_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return 1 << 62


def _group_limits(groups: Path, mounted: Path) -> Iterator[int]:
    """Limits of the groups and of those above them; inside a container the upper ones are not seen."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = mounted / controllers
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            try:
                text = (folder / name).read_text().strip()
            except OSError:  # the uppermost group has no limit
                text = "max"
            if text != "max":
                yield int(text)
            if folder == top:
                break
