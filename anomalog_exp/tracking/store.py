"""MLflow opened for writing: the local store behind its lock, or a server.

The local store is a SQLite file and a folder of artifacts. The first processes at a fresh one would race
its schema migration and break it; and SQLite has one writer at a time anyway. So everything that writes
holds one file lock, from the creation of the store on.

A server orders its writers itself and keeps its own schema; one that is named by http keeps the
artifacts as well. One that is away is not waited for as long as MLflow would: a run stands without it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.config.tracking_address import SQLITE
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.extras import extra_named
from anomalog_exp.secrets import without_secrets
from anomalog_exp.tracking.address import address_of, is_web, local_store
from anomalog_exp.tracking.database import held_database
from anomalog_exp.tracking.endings import end_left_running
from anomalog_exp.tracking.schema import make_current

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["opened_store", "reached", "set_up_mlflow"]

_HIJACKERS = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")
"""Variables by which MLflow would write to another run or experiment than the one that it is told."""

_BOUNDS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",  # seconds until a server has to begin its answer
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "PGCONNECT_TIMEOUT": "10",  # seconds
}
"""How long a server is waited for, where the environment does not say."""


@contextmanager
def opened_store(settings: MlflowTrackingConfig) -> Iterator[tuple[MlflowClient, str]]:
    """A client and the id of the experiment; of a local store, while nobody else writes.

    Raises:
        ConfigError: there is something else in the store's place, or the server does not do what it is
            asked for.
    """
    set_up_mlflow()
    place = local_store(settings)
    if place is None:
        with _answering(address_of(settings)):
            yield _at_server(settings)
        return
    # A link would be replaced by the file that is made, and has a lock of its own.
    store = place.resolve()
    store.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(store.with_name(f".{store.name}.lock")):
        make_current(store)
        yield _started(store, settings)


def set_up_mlflow() -> None:
    """Say to MLflow, which is imported later, what it reads from the environment."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # What goes wrong is raised as well, and told in one line; MLflow would add the SQL.
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
    # Each run's address, with its secrets, would stand among our results.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"  # it does not know our own bars
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it tells of each retry
    for name, bound in _BOUNDS.items():
        os.environ.setdefault(name, bound)
    for name in _HIJACKERS:
        os.environ.pop(name, None)


@contextmanager
def reached(address: str) -> Iterator[MlflowClient]:
    """A client of a store or a server, of which a PostgreSQL database is ours alone inside the block.

    Raises:
        ConfigError: it does not do what it is asked for, or the database needs a driver that is not
            installed.
    """
    from mlflow.tracking import MlflowClient

    with _answering(address), extra_named("tracking.uri", without_secrets(address)):
        if is_web(address) or address.startswith(SQLITE):
            yield MlflowClient(tracking_uri=address)
        else:
            with held_database(address):
                yield MlflowClient(tracking_uri=address)


@contextmanager
def _answering(address: str) -> Iterator[None]:
    """Say in four parts that a server did not answer, or refused; MLflow's own words are the problem."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        words = without_secrets(str(error)).partition("\n")[0]
        raise ConfigError.of(
            "tracking.uri",
            address,
            problem=f"MLflow cannot do its work there ({type(error).__name__}: {words[:300]})",
            allowed="a server that answers and lets you in",
            fix="try again when it does, or name another",
        ) from error


@cache
def _at_server(settings: MlflowTrackingConfig) -> tuple[MlflowClient, str]:
    """The client and the experiment, once per process, and an end to what our dead processes left."""
    with reached(address_of(settings)) as client:
        experiment = _experiment(client, settings)
    end_left_running(client, experiment, alone=False)
    return client, experiment


@cache
def _started(store: Path, settings: MlflowTrackingConfig) -> tuple[MlflowClient, str]:
    """The client and the experiment, once per process, and an end to what earlier processes left."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{store}")
    experiment = _experiment(client, settings)
    end_left_running(client, experiment, alone=True)
    return client, experiment


def _experiment(client: MlflowClient, settings: MlflowTrackingConfig) -> str:
    """The id of the experiment; where two processes create it at once, that of the first one's."""
    from mlflow.exceptions import MlflowException

    name = settings.experiment_name
    if existing := client.get_experiment_by_name(name):
        return str(existing.experiment_id)
    try:
        return str(client.create_experiment(name, artifact_location=_artifacts(settings)))
    except MlflowException as error:
        first = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or first is None:
            raise
        return str(first.experiment_id)


def _artifacts(settings: MlflowTrackingConfig) -> str | None:
    """Where an experiment keeps its files; None leaves it to the server."""
    if settings.uri is not None and is_web(settings.uri):
        return None
    place = settings.artifacts / settings.experiment_name
    place.mkdir(parents=True, exist_ok=True)
    return place.as_uri()
