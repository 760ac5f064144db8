"""A team's server on this machine: PostgreSQL in a folder of its own, and MLflow's server over it.

It needs the programs of PostgreSQL (on Debian: apt-get install postgresql) and the driver of the extra
`postgresql`. Everything is gone when the blocks end.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from reliability_process import environment

__all__ = ["USER", "WORD", "free_port", "mlflow_server", "postgresql", "why_no_postgresql"]

USER, WORD = "team", "planted7word"
"""Of the database."""


def why_no_postgresql() -> str | None:
    """What this machine lacks for a database; None where it lacks nothing."""
    if find_spec("psycopg") is None:
        return "needs the driver of the extra postgresql"
    if _initdb() is None:
        return "needs the programs of PostgreSQL: apt-get install postgresql"
    return None


def _initdb() -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(found[-1]) if found else shutil.which("initdb")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database, with its password; its server ends with the block."""
    initdb = _initdb()
    if initdb is None:
        raise FileNotFoundError(why_no_postgresql())
    # Its user may not enter a folder that is ours alone, as pytest's are.
    folder = Path(mkdtemp(prefix="postgresql-", dir="/tmp"))
    port = free_port()
    password = folder / "password"
    password.write_text(WORD)
    drop = []
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        for path in (folder, password):
            shutil.chown(path, "nobody", "nogroup")
    data = str(folder / "data")
    control = [*drop, str(Path(initdb).with_name("pg_ctl")), "-D", data, "-w"]
    listen = f"-h 127.0.0.1 -p {port} -k {folder} -F"
    try:
        login = ["-U", USER, f"--pwfile={password}", "-A", "scram-sha-256"]
        _said([*drop, initdb, "-D", data, *login, "-N"])
        _said([*control, "-l", str(folder / "log"), "-o", listen, "start"])
        try:
            yield f"postgresql://{USER}:{WORD}@127.0.0.1:{port}/postgres"
        finally:
            _said([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def _said(line: list[str]) -> None:
    subprocess.run(line, check=True, timeout=60, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def mlflow_server(database: str, artifacts: Path, port: int, workers: int = 1) -> Iterator[str]:
    """The address of MLflow's server, which answers; its processes are killed with the block."""
    server = subprocess.Popen(
        [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
            "--artifacts-destination", str(artifacts), "--workers", str(workers),
        ],
        env=environment(
            MLFLOW_BACKEND_STORE_URI=database, MLFLOW_DISABLE_TELEMETRY="true",
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
        ),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        give_up = time.monotonic() + 120
        while True:
            assert server.poll() is None, "MLflow's server did not start"
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < give_up, "MLflow's server does not answer"
                time.sleep(0.2)
        yield address
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)
