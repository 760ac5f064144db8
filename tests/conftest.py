"""Fixtures that every test may use."""

from __future__ import annotations

import compileall
import os
import shutil
import tempfile
from pathlib import Path

import pytest

# The tests' runs are none for a server that whoever runs them has named for runs of their own.
os.environ.pop("MLFLOW_TRACKING_URI", None)

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free there, more than tests leave."""


def pytest_configure(config: pytest.Config) -> None:
    """Compile the program once: where Python keeps no byte code, each of its processes would.

    Also keep the files of tests in memory where a file system is there. A run waits some twenty times for
    the disk to have a file, and a store of MLflow at every change: no test asks about that. `--basetemp`,
    PYTEST_DEBUG_TEMPROOT and TMPDIR put the files elsewhere.
    """
    if hasattr(config, "workerinput"):
        return
    for package in ("anomalog_exp", "hydra_plugins"):
        compileall.compile_dir(ROOT / package, quiet=2)
    chosen = config.option.basetemp or {"PYTEST_DEBUG_TEMPROOT", "TMPDIR"} & set(os.environ)
    if not chosen and _holds_programs(IN_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def _holds_programs(folder: Path) -> bool:
    """Whether files have room in a folder, and scripts there may be started."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    may_start = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return may_start and shutil.disk_usage(folder).free >= ROOM


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real log samples beside the checkout; a user's checkout has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real log samples in ../shared/data, which are not part of the repo")
    return SHARED_DATA
