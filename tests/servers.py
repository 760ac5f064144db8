"""The team's server of scripts/team_server.py; a test that needs it skips where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import team_server
from team_server import WORD, free_port, mlflow_server

__all__ = ["WORD", "free_port", "mlflow_server", "postgresql"]


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database, with its password; its server ends with the block."""
    if reason := team_server.why_no_postgresql():
        pytest.skip(reason)
    with team_server.postgresql() as address:
        yield address
