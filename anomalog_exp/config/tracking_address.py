"""The address of what keeps a team's runs in MLflow: a server, a PostgreSQL database, a SQLite file.

A name, a password or a token in it is used and never written down: what is recorded of a config holds
*** in their place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from anomalog_exp.secrets import without_secrets

__all__ = ["SQLITE", "TrackingAddress"]

SQLITE: Final = "sqlite:///"
"""What stands before the path of a file."""

_WEB: Final = ("http", "https")
_DATABASE: Final = "postgresql"
_ALLOWED: Final = (
    "http://HOST, https://HOST, postgresql://HOST/DATABASE, sqlite:////FOLDER/FILE.db, or null for "
    "tracking.store"
)


def _usable(address: str) -> str:
    """The address; that of a SQLite file is made absolute, as workers may stand in another directory."""
    if address.startswith(SQLITE) and len(address) > len(SQLITE):
        return f"{SQLITE}{Path(address.removeprefix(SQLITE)).absolute()}"
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ValueError(_ALLOWED) from error
    kind, plus, driver = parts.scheme.partition("+")
    # MLflow puts its own paths behind the address.
    web = parts.scheme in _WEB and host and not (parts.query or parts.fragment)
    # A database may be named without a host: its driver finds the server by its own variables.
    database = kind == _DATABASE and bool(plus) == bool(driver) and parts.path.strip("/")
    if not (web or database):
        raise ValueError(_ALLOWED)
    return address


def _none_if_empty(address: Any) -> Any:
    """A variable of the environment that is set to nothing names no server."""
    return None if address == "" else address


TrackingAddress = Annotated[
    Annotated[str, AfterValidator(_usable), PlainSerializer(without_secrets)] | None,
    BeforeValidator(_none_if_empty),
]
