"""One member of a sweep: run, and leave a record in the sweep's folder, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from anomalog_exp.app import run
from anomalog_exp.config.load import run_config
from anomalog_exp.errors import ConfigError, MissingExtra
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.workers import follow_the_sweep
from anomalog_exp.progress import Progress
from anomalog_exp.results import ResultPaths
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import Stopped, raise_stop, stop_signal

__all__ = ["FOLDER_KEY", "OBJECTIVE_KEY", "run_member"]

FOLDER_KEY = "sweep.dir"
"""The override that a sweep gives its members: its folder. It is no part of what was typed."""

OBJECTIVE_KEY = "sweep.objective"
"""The same of a search: the figure that it raises."""

_FILLED_IN = (f"{FOLDER_KEY}=", f"{OBJECTIVE_KEY}=")


def run_member(composed: DictConfig, *, index: int, overrides: Sequence[str]) -> float | None:
    """Run one member; the figure that a search would raise, None where there is none.

    Only plain values leave the worker: an exception of somebody's own class may not unpickle in the
    parent and would take the whole sweep down.

    Args:
        composed: The member's config.
        index: Its place in the sweep's plan.
        overrides: What it is composed of.
    """
    follow_the_sweep()
    folder = SweepFolder(Path(str(composed.sweep.dir)))
    own = [override for override in overrides if not override.startswith(_FILLED_IN)]
    record: dict[str, Any] = {"index": index, "overrides": own}
    try:
        if folder.is_to_stop():
            record |= {"status": "stopped", "reason": "an earlier member failed, sweep.fail_fast"}
        else:
            config = run_config(composed)
            record["run_dir"] = str(ResultPaths.for_config(config).run_dir)
            progress = Progress(bars=False, of=f"member {index}")
            record |= asdict(run(config, overrides=own, progress=progress, mirrored=False))
    except (KeyboardInterrupt, Stopped):  # meant for the whole sweep, which runs in this process
        raise
    except MissingExtra as error:  # a search over all detectors asks for what there is
        record |= {"status": "skipped", "reason": str(error)}
    except BaseException as error:  # noqa: BLE001 - recorded; the others go on
        if stop_signal() is not None:
            raise_stop(error)
        record |= {"status": "failed", "reason": _reason(error, record)}
        if composed.sweep.fail_fast:
            folder.ask_to_stop()
    folder.leave(record)
    return record.get("primary_value")


def _reason(error: BaseException, record: dict[str, Any]) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    log = Path(record.get("run_dir", ""), "run.log")
    where = f" (traceback in {log})" if log.is_file() and log.stat().st_size else ""
    return without_secrets(f"{type(error).__name__}: {str(error) or 'no message'}{where}")
