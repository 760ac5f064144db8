"""Clusters of Ray for tests, on this machine."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.command import environment

__all__ = ["cluster", "ray_user"]

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def ray_user(home: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody who alone may use what Ray starts."""
    files = mkdtemp(prefix="ray-", dir="/tmp")  # pytest's own folder is too long for a socket
    known = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    own = {"HOME": str(home), "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    yield known | own | {"RAY_TMPDIR": files}
    shutil.rmtree(files, ignore_errors=True)


@contextmanager
def cluster(user: dict[str, str]) -> Iterator[str]:
    """The address of a cluster of three cores, which ends with the block."""
    # Ray's workers import this file, and do not see the scripts.
    from tests.servers import free_port

    port = free_port()
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
    start += ["--num-cpus=3", "--object-store-memory=100000000", "--include-dashboard=false"]
    head = subprocess.Popen(
        [*start, f"--port={port}"],
        env=environment(**user),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert head.stdout is not None
    try:
        assert any("Ray runtime started" in line for line in head.stdout)
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()
        head.communicate(timeout=30)
