"""Run dirs as arguments of a command."""

from __future__ import annotations

from pathlib import Path

from anomalog_exp.errors import ConfigError
from anomalog_exp.results import StoredRun, read_run

__all__ = ["stored_run"]


def stored_run(run_dir: Path) -> StoredRun:
    """The run in a dir.

    Raises:
        ConfigError: the dir holds no run.
    """
    try:
        return read_run(run_dir.absolute())
    except FileNotFoundError as error:
        raise ConfigError.of(
            "RUN_DIR",
            run_dir,
            problem="this folder holds no run",
            allowed="folders that hold a status.json, as outputs/<run name>/<fingerprint>",
            fix="name the folder that a run prints as `run dir`",
        ) from error
