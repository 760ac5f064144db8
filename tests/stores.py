"""Stores of MLflow in which nothing is yet: one is created, which takes a second or two, others are copies."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from tests.command import python

__all__ = ["new_store", "store_at_hand"]

_MAKE = """
from pathlib import Path
from anomalog_exp.tracking.schema import make_current
from anomalog_exp.tracking.store import set_up_mlflow
set_up_mlflow()
make_current(Path("mlflow.db"))
"""


def store_at_hand(folder: Path) -> None:
    """Put a store where the commands in `folder` look for theirs, which the first would create."""
    place = folder / "outputs/mlflow"
    place.mkdir(parents=True)
    shutil.copy(new_store(), place)


def new_store() -> Path:
    """The store that is copied; it is not written to."""
    return Path(_new_store().name, "mlflow.db")


@cache
def _new_store() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="store-")
    done = python(_MAKE, cwd=Path(folder.name))
    assert done.returncode == 0, done.stderr
    return folder
