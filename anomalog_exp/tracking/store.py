"""The local MLflow store: a SQLite file, a folder of artifacts, one lock around both.

The first processes at a fresh store would race its schema migration and break it; and SQLite has one
writer at a time anyway. So everything that writes holds one file lock, from the creation of the store
on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from filelock import FileLock

from anomalog_exp.config.settings import MlflowTrackingConfig

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["opened_store"]

_HIJACKERS = ("MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID")


@contextmanager
def opened_store(settings: MlflowTrackingConfig) -> Iterator[tuple[MlflowClient, str]]:
    """A client and the id of the experiment, while nobody else writes."""
    settings.store.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.store.with_name(f".{settings.store.name}.lock")):
        yield _client(str(settings.store)), _experiment(settings)


@cache
def _client(store: str) -> MlflowClient:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name in _HIJACKERS:
        os.environ.pop(name, None)
    from mlflow.tracking import MlflowClient

    # After the import, which sets the levels of its own loggers.
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)

    return MlflowClient(tracking_uri=f"sqlite:///{store}")


def _experiment(settings: MlflowTrackingConfig) -> str:
    client = _client(str(settings.store))
    existing = client.get_experiment_by_name(settings.experiment_name)
    if existing is not None:
        return str(existing.experiment_id)
    place = settings.artifacts / settings.experiment_name
    place.mkdir(parents=True, exist_ok=True)
    return str(client.create_experiment(settings.experiment_name, artifact_location=place.as_uri()))
