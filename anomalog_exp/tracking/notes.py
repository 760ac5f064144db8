"""The runs in MLflow that mirror a folder, as `tracking.json` names them, if MLflow has them still."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

__all__ = ["found_run", "noted_mirrors"]


def noted_mirrors(record: Path) -> list[dict[str, Any]]:
    """The MLflow runs that mirror a folder, as far as it says so; the store itself knows as well."""
    try:
        mirrors = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    if not isinstance(mirrors, list):
        return []
    return [mirror for mirror in mirrors if isinstance(mirror, dict) and "run_id" in mirror]


def found_run(client: MlflowClient, run_id: str) -> Run | None:
    """A run of the store; None where it has none, as where somebody removed the store's file."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
