"""Which place holds the runs: a file of this machine with its lock, or an address that others use, too.

A record of a place hides its secrets. The address in MLFLOW_TRACKING_URI brings them back where it is
the same but for them; no other address is ever taken for the recorded one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.config.tracking_address import SQLITE
from anomalog_exp.errors import ConfigError
from anomalog_exp.secrets import HIDDEN, without_secrets

__all__ = [
    "VARIABLE",
    "address_of",
    "is_web",
    "local_store",
    "place_of",
    "recorded_address",
    "without_login",
]

VARIABLE = "MLFLOW_TRACKING_URI"
"""MLflow's own variable of the address."""


def local_store(settings: MlflowTrackingConfig) -> Path | None:
    """The SQLite file that holds the runs; None where a server or a database does."""
    if settings.uri is None:
        return settings.store
    return Path(settings.uri.removeprefix(SQLITE)) if settings.uri.startswith(SQLITE) else None


def address_of(settings: MlflowTrackingConfig) -> str:
    """The address as MLflow takes it, with its secrets.

    Raises:
        ConfigError: they are hidden, and the environment does not have them.
    """
    store = local_store(settings)
    return _with_secrets(str(settings.uri)) if store is None else f"{SQLITE}{store}"


def place_of(settings: MlflowTrackingConfig) -> dict[str, str]:
    """How `tracking.json` names the place, without secrets: `store` or `uri`, and `experiment`."""
    store = local_store(settings)
    where = {"uri": without_secrets(str(settings.uri))} if store is None else {"store": str(store)}
    return where | {"experiment": settings.experiment_name}


def recorded_address(mirror: Mapping[str, Any]) -> str:
    """The address, with its secrets, of the place that an entry of `tracking.json` names.

    Raises:
        ConfigError: they are hidden, and the environment does not have them.
    """
    return _with_secrets(mirror["uri"]) if "uri" in mirror else f"{SQLITE}{mirror['store']}"


def is_web(address: str) -> bool:
    """Whether a server has the address, which a browser can open."""
    return address.startswith(("http://", "https://"))


def without_login(address: str) -> str:
    """The address of a server as a browser is given it: whoever opens it says who they are."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def _with_secrets(address: str) -> str:
    if HIDDEN not in address:
        return address
    whole = os.environ.get(VARIABLE, "")
    if without_secrets(whole) == address:
        return whole
    raise ConfigError.of(
        "tracking.uri",
        address,
        problem=f"of this address only a record is left, where {HIDDEN} hides a secret",
        allowed="an address with its secrets",
        fix=f"set {VARIABLE} to it",
    )
