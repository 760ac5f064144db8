"""A connection to Ray, which is started for it or is there already, for whoever runs tasks on it."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from anomalog_exp.errors import ConfigError

__all__ = ["OBJECT_STORE", "connected"]

OBJECT_STORE = 100_000_000
"""Bytes of shared memory for small arguments and results; Ray would take a third of all memory."""

_ANSWER_S = 10.0


@contextmanager
def connected(key: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Ray is there inside the block; its processes that were started for it end with the block.

    A connection that the caller has opened is used, and stays open.

    Args:
        key: The option that names the address.
        arguments: Of `ray.init`, with `address`; `local` starts Ray on this machine.

    Raises:
        ConfigError: no cluster answers at the address.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    ends = signal.getsignal(signal.SIGTERM)
    try:
        _answers(arguments["address"])
        ray.init(**arguments)
    except OSError as error:
        raise ConfigError.of(
            key,
            arguments["address"],
            problem="no cluster of Ray answers there",
            allowed="local, auto where Ray runs on this machine, or HOST:PORT",
            fix="'ray start --head' starts one; or leave the key out",
        ) from error
    signal.signal(signal.SIGTERM, ends)  # Ray has put a handler of its own in its place
    try:
        yield
    finally:
        ray.shutdown()


def _answers(address: str) -> None:
    """Knock where a cluster is said to be; Ray itself would try for minutes.

    Raises:
        OSError: nobody is there.
    """
    from ray._private.services import canonicalize_bootstrap_address

    if address == "auto":  # the cluster that began last on this machine; it may have ended
        address = canonicalize_bootstrap_address(address) or "local"
    if port := re.fullmatch(r"([\w.-]+):(\d+)", address):
        socket.create_connection((port[1], int(port[2])), timeout=_ANSWER_S).close()
