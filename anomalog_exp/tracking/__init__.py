"""The tracker: run dirs mirrored to MLflow, never the only copy.

A tracker that fails costs a warning, not a run. What could not be mirrored has no `tracking.json` in its
run dir, and is mirrored when the same run is asked for again or by the command `mirror`.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from anomalog_exp.config.settings import MlflowTrackingConfig, TrackingConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.stopping import raise_stop, stop_signal

__all__ = ["close_sweep", "mirror_run", "open_sweep", "ui_command"]

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_AGAIN = "the same command"


def mirror_run(run_dir: Path, tracking: TrackingConfig, *, parent: str | None = None) -> None:
    """Mirror a run dir, alone or under a sweep's run, once each."""

    def mirror(settings: MlflowTrackingConfig) -> None:
        from anomalog_exp.tracking.mirror import mirror_run_dir

        mirror_run_dir(run_dir, settings, parent=parent)

    command = f"`python -m anomalog_exp mirror {shlex.quote(str(run_dir))}`"
    _tried(tracking, mirror, what=str(run_dir), later=command)


def open_sweep(tracking: TrackingConfig, *, name: str, overrides: Sequence[str]) -> str | None:
    """The tracker's run of a sweep, new or continued; None where nothing tracks."""

    def open_(settings: MlflowTrackingConfig) -> str:
        from anomalog_exp.tracking.sweeps import open_sweep_run

        return open_sweep_run(settings, name, overrides)

    return _tried(tracking, open_, what=f"the sweep {name}", later=_AGAIN)


def close_sweep(
    tracking: TrackingConfig, run_id: str, records: Sequence[dict[str, Any]], table: Path
) -> None:
    """End the tracker's run of a sweep with its table."""

    def close(settings: MlflowTrackingConfig) -> None:
        from anomalog_exp.tracking.sweeps import close_sweep_run

        close_sweep_run(settings, run_id, records, table)

    _tried(tracking, close, what=f"the table {table}", later=_AGAIN)


def ui_command(tracking: TrackingConfig) -> str | None:
    """The command that shows the runs in a browser; None where nothing tracks."""
    if not isinstance(tracking, MlflowTrackingConfig):
        return None
    uri = shlex.quote(f"sqlite:///{tracking.store}")
    return f"mlflow ui --backend-store-uri {uri} --host 127.0.0.1"


def _tried(
    tracking: TrackingConfig, call: Callable[[MlflowTrackingConfig], T], *, what: str, later: str
) -> T | None:
    """What `call` returns; one line of warning, with what brings it in `later`, where it raises."""
    if not isinstance(tracking, MlflowTrackingConfig):
        return None
    try:
        return call(tracking)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the tracker, the run stands
        if stop_signal() is not None:
            raise_stop(error)
        _LOG.warning(
            "%s is not in MLflow (%s); %s brings it in later", what, _in_a_line(error), later
        )
        return None


def _in_a_line(error: Exception) -> str:
    """A message of ours without its line breaks; of other people's the first line: SQL follows."""
    if isinstance(error, ConfigError):
        return "; ".join(" ".join(line.split()) for line in str(error).splitlines())
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:300]}"
