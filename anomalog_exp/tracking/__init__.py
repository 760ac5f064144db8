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
from anomalog_exp.results.paths import TRACKING_RECORD
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import raise_stop, stop_signal

__all__ = ["close_sweep", "mirror_run", "open_sweep", "ui_command"]

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


def mirror_run(
    run_dir: Path,
    tracking: TrackingConfig,
    *,
    parent: str | None = None,
    name: str | None = None,
    sweep: Path | None = None,
) -> bool:
    """Mirror a run dir, alone or under a sweep's run, once each; whether it is in the tracker.

    Args:
        run_dir: A run that has ended.
        tracking: The tracker.
        parent: The tracker's run of the sweep.
        name: What the run is called; None names it as one that runs alone.
        sweep: The folder of the sweep, of which nothing more is tried where this fails.
    """

    def mirror(settings: MlflowTrackingConfig) -> str:
        from anomalog_exp.tracking.mirror import mirror_run_dir

        return mirror_run_dir(run_dir, settings, parent=parent, name=name)

    what = f"{run_dir}{f', with what follows of the sweep {sweep.name},' if sweep else ''}"
    return _tried(tracking, mirror, what=what, folder=sweep or run_dir) is not None


def open_sweep(tracking: TrackingConfig, *, folder: Path, overrides: Sequence[str]) -> str | None:
    """The tracker's run of a sweep, new or continued; None where nothing tracks."""

    def open_(settings: MlflowTrackingConfig) -> str:
        from anomalog_exp.tracking.sweeps import open_sweep_run

        return open_sweep_run(settings, folder, overrides)

    return _tried(tracking, open_, what=f"the sweep {folder.name}", folder=folder)


def close_sweep(
    tracking: TrackingConfig,
    run_id: str,
    *,
    folder: Path,
    swept: Sequence[str],
    records: Sequence[dict[str, Any]],
) -> None:
    """End the tracker's run of a sweep with its table and a view of its members."""

    def close(settings: MlflowTrackingConfig) -> None:
        from anomalog_exp.tracking.sweeps import close_sweep_run

        close_sweep_run(settings, run_id, folder, swept, records)

    _tried(tracking, close, what=f"the table of {folder.name}", folder=folder)


def ui_command(tracking: TrackingConfig, folder: Path) -> str | None:
    """The command that shows a run or a sweep in a browser; None where nothing tracks it."""
    if not isinstance(tracking, MlflowTrackingConfig) or not (folder / TRACKING_RECORD).is_file():
        return None
    return f"python -m anomalog_exp ui {shlex.quote(str(folder))}"


def _tried(
    tracking: TrackingConfig, call: Callable[[MlflowTrackingConfig], T], *, what: str, folder: Path
) -> T | None:
    """What `call` returns; one line of warning, with what brings `folder` in later, where it raises."""
    if not isinstance(tracking, MlflowTrackingConfig):
        return None
    try:
        return call(tracking)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the tracker, the run stands
        if stop_signal() is not None:
            raise_stop(error)
        later = f"`python -m anomalog_exp mirror {shlex.quote(str(folder))}`"
        _LOG.warning(
            "%s is not in MLflow (%s); %s brings it in later", what, _in_a_line(error), later
        )
        return None


def _in_a_line(error: Exception) -> str:
    """A message of ours without its line breaks; of other people's the first line: SQL follows."""
    if isinstance(error, ConfigError):
        return "; ".join(" ".join(line.split()) for line in str(error).splitlines())
    first = without_secrets(str(error)).partition(chr(10))[0]  # before it is cut
    return f"{type(error).__name__}: {first[:300]}"
