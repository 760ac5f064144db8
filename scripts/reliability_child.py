"""The process that is attacked: a fork of one that has imported the program already.

A fork starts as fresh as a process of its own, and without the second that imports take. It ends as one,
too, but does not take apart all that was imported. So hundreds of kills take minutes.

This file serves such forks: a list of jobs in JSON per line of standard input, what became of them per
line of standard output. What a job may ask for is in `Job` of `reliability_process`.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib
import json
import os
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins

PROGRAM = (
    "anomalog_exp.__main__",
    "anomalog_exp.commands",
    "anomalog_exp.launch.job",
    "anomalog_exp.data.sources.download",
    "anomalog_exp.data.templates.miners.siblings",
    "anomalog_exp.detection.evidence",
    "hydra._internal.core_plugins.file_config_source",
    "hydra._internal.core_plugins.zsh_completion",
    "hydra_plugins.anomalog_exp_sweepers",
    "hydra_plugins.hydra_joblib_launcher.joblib_launcher",
    "jinja2",
    "polars",
    "pydantic.dataclasses",
    "scipy.sparse",
)
TRACKER = (
    "alembic.command",
    "anomalog_exp.tracking.mirror",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "mlflow.tracking",
    "sqlalchemy.dialects.sqlite",
)
"""What a run imports on its way, and what it imports besides to be mirrored."""

_FILE_EVENTS = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "sqlite3.connect",
}


def serve(modules: list[str]) -> None:
    """Import modules once, then answer until standard input ends."""
    for name in modules:
        importlib.import_module(name)
    Plugins.instance()  # Hydra's, which it looks for once
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    answers.write("ready\n")
    for line in sys.stdin:
        jobs = json.loads(line)
        begun = time.monotonic()
        running = {}
        for job in sorted(jobs, key=lambda one: one["start_after"]):
            time.sleep(max(0.0, begun + job["start_after"] - time.monotonic()))
            pipes = _pipes(job)
            process = os.fork()
            if not process:
                answers.close()
                _become(job, pipes)
                return
            for _, writes in pipes:
                os.close(writes)
            job["pipes"] = [reads for reads, _ in pipes]
            running[process] = (job, time.monotonic())
        ended = _watched(running)
        for job, _ in running.values():
            _drain(job)
        answers.write(json.dumps(ended) + "\n")


def _watched(running: dict[int, tuple[dict[str, Any], float]]) -> list[dict[str, Any]]:
    """Wait for processes, and kill those whose time has come; how each ended, by its number."""
    ended = []
    handles = {os.pidfd_open(process): process for process in running}
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    killed: set[int] = set()
    while handles:
        now = time.monotonic()
        for process in handles.values():
            job, begun = running[process]
            after, how = job["kill_after"], job["kill_by"]
            if after is not None and process not in killed and now >= begun + after:
                killed.add(process)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, how)
            if now >= begun + job["timeout"]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        for handle, _ in poll.poll(5):
            process = handles.pop(handle)
            poll.unregister(handle)
            os.close(handle)
            seconds = time.monotonic() - running[process][1]
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            job = running[process][0]
            late = seconds >= job["timeout"]
            facts = {"code": code, "seconds": seconds, "late": late, "process": process}
            ended.append((job["number"], facts))
    return [facts for _, facts in sorted(ended, key=lambda one: one[0])]


def _pipes(job: dict[str, Any]) -> list[tuple[int, int]]:
    """Where output goes that no limit of the size of files may cut short."""
    if job["most_bytes"] is None:
        return []
    pipes = [os.pipe(), os.pipe()]
    for reads, _ in pipes:
        fcntl.fcntl(reads, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.set_blocking(reads, False)
    return pipes


def _drain(job: dict[str, Any]) -> None:
    """Write what has come through the pipes into the files that stand for them."""
    for reads, name in zip(job["pipes"], ("out", "err"), strict=False):
        with contextlib.suppress(BlockingIOError):
            Path(job[name]).write_bytes(os.read(reads, 1 << 20))
        os.close(reads)


def _become(job: dict[str, Any], pipes: list[tuple[int, int]]) -> None:
    """Do the job in this process, which ends as a process of its own would."""
    os.setsid()
    os.chdir(job["folder"])
    if pipes:
        handles = [writes for _, writes in pipes]
    else:
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        handles = [os.open(job[name], how, 0o666) for name in ("out", "err")]
    for place, handle in enumerate(handles, 1):
        os.dup2(handle, place)
        os.close(handle)
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)
    for variable, value in job["environment"].items():
        os.environ.pop(variable, None)
        if value is not None:
            os.environ[variable] = value
    if job["most_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["most_bytes"], job["most_bytes"]))
    if job["user"] is not None:
        os.setgid(job["user"])
        os.setuid(job["user"])
    counted = _watch_operations(job)
    try:
        if job["call"] is None:
            from anomalog_exp.__main__ import main

            code = main(job["arguments"])
        else:
            module, _, name = job["call"].partition(":")
            code = getattr(importlib.import_module(module), name)(*job["arguments"])
    finally:
        if counted is not None and job["operations"] is not None:
            Path(job["operations"]).write_text(str(counted()))
    _leave(int(code or 0))


def _leave(code: int) -> None:
    """End as the interpreter does, up to where it would take the modules apart."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _watch_operations(job: dict[str, Any]) -> Callable[[], int] | None:
    """Count the operations on files below the job's folder, and do what is to be done at one of them."""
    if job["operations"] is None and job["act_at"] is None:
        return None
    root, act_at, act = job["folder"], job["act_at"], job["act"]
    count, at_work = 0, True

    def is_ours(path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        return str(Path(os.fsdecode(path)).absolute()).startswith(root)

    def watch(event: str, details: tuple[Any, ...]) -> None:
        nonlocal count, at_work
        if not at_work or event not in _FILE_EVENTS or not any(map(is_ours, details[:2])):
            return
        if act_at is not None and count == act_at:
            if act is None:
                os.kill(os.getpid(), signal.SIGKILL)
            at_work = False  # what is done now is no operation of the program
            _change(*act)
            at_work = True
        count += 1

    sys.addaudithook(watch)

    def ended() -> int:
        nonlocal at_work
        at_work = False
        return count

    return ended


def _change(how: str, path: str) -> None:
    """Change a file while it may be read."""
    file = Path(path)
    if how == "truncate":
        os.truncate(file, file.stat().st_size // 2)
    elif how == "empty":
        os.truncate(file, 0)
    elif how == "append":
        with file.open("ab") as end:
            end.write(b"\nsomething else\n" * 50)
    elif how == "remove":
        file.unlink()
    else:
        raise ValueError(how)


if __name__ == "__main__":
    serve(sys.argv[1:])
