"""Fixtures that every test may use."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

import pytest

# The tests' runs are none for a server that whoever runs them has named for runs of their own.
os.environ.pop("MLFLOW_TRACKING_URI", None)

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Compile the program once: where Python keeps no byte code, each of its processes would."""
    if not hasattr(config, "workerinput"):
        for package in ("anomalog_exp", "hydra_plugins"):
            compileall.compile_dir(ROOT / package, quiet=2)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real log samples beside the checkout; a user's checkout has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real log samples in ../shared/data, which are not part of the repo")
    return SHARED_DATA
