"""The local MLflow store: a SQLite file, a folder of artifacts, one lock around both.

The first processes at a fresh store would race its schema migration and break it; and SQLite has one
writer at a time anyway. So everything that writes holds one file lock, from the creation of the store
on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.tracking.endings import end_left_running
from anomalog_exp.tracking.schema import make_current

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["opened_store"]

_HIJACKERS = ("MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID")


@contextmanager
def opened_store(settings: MlflowTrackingConfig) -> Iterator[tuple[MlflowClient, str]]:
    """A client and the id of the experiment, while nobody else writes.

    Raises:
        ConfigError: there is something else in the store's place.
    """
    # A link would be replaced by the file that is made, and has a lock of its own.
    store = settings.store.resolve()
    store.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(store.with_name(f".{store.name}.lock")):
        _set_up_mlflow()
        make_current(store)
        yield _started(store, settings)


def _set_up_mlflow() -> None:
    """Say to MLflow, which is imported later, what it reads from the environment."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # What goes wrong is raised as well, and told in one line; MLflow would add the SQL.
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
    for name in _HIJACKERS:
        os.environ.pop(name, None)


@cache
def _started(store: Path, settings: MlflowTrackingConfig) -> tuple[MlflowClient, str]:
    """The client and the experiment, once per process, and an end to what earlier processes left."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{store}")
    experiment = _experiment(client, settings)
    end_left_running(client, experiment)
    return client, experiment


def _experiment(client: MlflowClient, settings: MlflowTrackingConfig) -> str:
    existing = client.get_experiment_by_name(settings.experiment_name)
    if existing is not None:
        return str(existing.experiment_id)
    place = settings.artifacts / settings.experiment_name
    place.mkdir(parents=True, exist_ok=True)
    return str(client.create_experiment(settings.experiment_name, artifact_location=place.as_uri()))
