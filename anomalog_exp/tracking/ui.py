"""MLflow's user interface over a store, started by this interpreter and opened on a comparison.

The server listens on 127.0.0.1 and ends with the command that has started it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from anomalog_exp.errors import ConfigError
from anomalog_exp.results.paths import TRACKING_RECORD
from anomalog_exp.tracking.endings import KIND, VIEW
from anomalog_exp.tracking.store import reached, set_up_mlflow
from anomalog_exp.tracking.views import EXPERIMENT_VIEW, view_address

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["page_of", "served", "tracked_in"]

_HOST: Final = "127.0.0.1"
_PORTS: Final = range(5000, 5100)
_STARTS_WITHIN_S: Final = 120


def tracked_in(folder: Path) -> dict[str, Any]:
    """Which run of which place mirrors the run or the sweep in a folder: `store` or `uri`, `run_id`.

    Raises:
        ConfigError: none does.
    """
    try:
        mirrors = json.loads((folder / TRACKING_RECORD).read_bytes())
        return dict(mirrors[-1])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigError.of(
            "DIR",
            folder,
            problem="nothing in MLflow mirrors this folder",
            allowed="the folder of a run or a sweep that ended with tracking=mlflow",
            fix=f"bring it in with `python -m anomalog_exp mirror {folder}`, or leave DIR out",
        ) from error


def page_of(address: str, run_id: str | None = None) -> str:
    """The part of the address, behind the server's, of the page to begin with.

    Args:
        address: Of a store, a database or a server.
        run_id: A run, which is shown; or a sweep, whose members are compared. None compares all runs of
            the experiment that was used last.

    Raises:
        ConfigError: it does not answer, or does not have the run.
    """
    set_up_mlflow()
    with reached(address) as client:
        return _page(client, run_id)


def _page(client: MlflowClient, run_id: str | None) -> str:
    if run_id is None:
        everywhere = [one.experiment_id for one in client.search_experiments()]
        latest = client.search_runs(everywhere, order_by=["start_time DESC"], max_results=1)
        return view_address(latest[0].info.experiment_id, EXPERIMENT_VIEW) if latest else "/#/"
    run = client.get_run(run_id)
    experiment = run.info.experiment_id
    if run.data.tags.get(KIND) == "sweep":
        return view_address(experiment, run.data.tags.get(VIEW, run.data.tags["sweep"]))
    return f"/#/experiments/{experiment}/runs/{run_id}"


@contextmanager
def served(address: str, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a server over a store, which answers, and its process; both end with the block.

    Args:
        address: Of the SQLite file or the database.
        port: Where it listens; None takes the first free one from 5000 on.

    Raises:
        ConfigError: the port is taken, or the server does not start.
    """
    port = _free_port() if port is None else port
    command = [sys.executable, "-m", "mlflow", "ui", "--host", _HOST, "--port", str(port)]
    command += ["--workers", "1"]
    environment = os.environ | {
        "MLFLOW_BACKEND_STORE_URI": address,  # every process of the machine could read an argument
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Nobody sends jobs to this server, for which it would keep seven processes.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with TemporaryFile() as said:
        server = subprocess.Popen(
            command, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            there = f"http://{_HOST}:{port}"
            _wait_for(there, server, said)
            yield there, server
        finally:
            _end(server)


def _free_port() -> int:
    for port in _PORTS:
        with closing(socket.socket()) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((_HOST, port))
            except OSError:
                continue
            return port
    raise ConfigError.of(
        "--port",
        f"{_PORTS.start} to {_PORTS.stop - 1}",
        problem="all of these ports are taken",
        allowed="a free port of this machine",
        fix="name one with --port",
    )


def _wait_for(address: str, server: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """Until the server answers."""
    direct = build_opener(
        ProxyHandler({})
    )  # a proxy of the environment does not lead to this machine
    give_up = time.monotonic() + _STARTS_WITHIN_S
    while server.poll() is None and time.monotonic() < give_up:
        try:
            direct.open(f"{address}/health", timeout=5).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    raise ConfigError.of(
        "--port",
        address,
        problem=f"MLflow's server did not start: {lines[-1] if lines else 'it says nothing'}",
        allowed="a free port of this machine, and a store that MLflow can open",
        fix="name another port with --port",
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server with the processes that it has started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
            server.wait(5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
