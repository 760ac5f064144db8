"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The tests' runs are none for a server that whoever runs them has named for runs of their own.
os.environ.pop("MLFLOW_TRACKING_URI", None)

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real log samples beside the checkout; a user's checkout has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real log samples in ../shared/data, which are not part of the repo")
    return SHARED_DATA
