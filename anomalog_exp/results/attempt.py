"""One attempt at a run: who may write its dir, its status, and what becomes of an older result.

`status.json` is written first (running) and last (done, skipped, failed, killed). What is written in
between may be incomplete, so only `done` with the same three digests is ever reused.
"""

from __future__ import annotations

import json
import logging
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from signal import Signals
from typing import Any

import yaml
from filelock import FileLock

from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.files import write_json, write_text
from anomalog_exp.results.context import Provenance, ResultWriteContext
from anomalog_exp.results.environment import build_environment_metadata
from anomalog_exp.results.paths import ResultPaths
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import stop_heard, stop_signal

__all__ = ["attempt", "claimed", "why_not_reused"]

_LOG = logging.getLogger(__name__)


@contextmanager
def claimed(paths: ResultPaths) -> Iterator[None]:
    """One process at a time works on a fingerprint; others wait, and then reuse its result."""
    with FileLock(paths.lock_path):
        yield


def why_not_reused(
    paths: ResultPaths, provenance: Provenance, *, needs_predictions: bool
) -> str | None:
    """Why the result in a run dir cannot stand for this run; None if it can."""
    status = _status(paths)
    if status is None:
        return "there is no result yet"
    if status["status"] == "running":
        return "the last attempt was cut off"
    if status["status"] != "done":
        return f"the last attempt ended as {status['status']}"
    changed = [
        name.partition("_")[0]
        for name, now in asdict(provenance).items()
        if status.get(name) != now
    ]
    if changed:
        return f"changed since the last result: {', '.join(changed)}"
    files = (paths.metrics_path, paths.environment_path, paths.dataset_manifest_path)
    damaged = [path.name for path in files if not _is_json(path)]
    if damaged:
        return f"of the last result {', '.join(damaged)} cannot be read"
    if not paths.scores_path.is_file():
        return "the last result has no scores"
    if needs_predictions and not paths.predictions_path.is_file():
        return "the last result has no predictions"
    return None


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def attempt(context: ResultWriteContext) -> Iterator[None]:
    """Keep the older result, write status `running`, log into the run dir, and write how it ended.

    However it ends, its dir holds its config and its environment. `NotApplicable` is an outcome and ends
    here, as `skipped`; every other exception goes on to the caller.
    """
    paths = context.paths
    _set_aside(paths)
    paths.run_dir.mkdir(parents=True, exist_ok=True)
    status, reason = "done", None
    # Before anything is written: pydantic turns a signal that arrives in it into an error of its own.
    config = serialise_config(context.config)
    try:
        _write_status(context, "running", None)
        write_text(paths.config_path, yaml.safe_dump(config, sort_keys=False))
        with _logged_to(paths.run_log_path):
            yield
    except NotApplicable as outcome:
        status, reason = "skipped", str(outcome)
        _LOG.warning("skipped: %s", reason)
    except BaseException as error:
        status, reason = _ended_as(error)
        raise
    finally:
        environment = build_environment_metadata(context.clock, context.overrides)
        write_json(paths.environment_path, environment)
        _write_status(context, status, reason)


@contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Everything that is logged also goes into a file; so does the traceback of what is raised."""
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    except BaseException:
        with path.open("a", encoding="utf-8") as log:
            log.write(without_secrets(traceback.format_exc()))
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _ended_as(error: BaseException) -> tuple[str, str]:
    """Status and reason of an attempt that an exception, or what became of a signal, ended."""
    if (number := stop_signal()) is not None:
        stop_heard()
        return "killed", Signals(number).name
    if isinstance(error, ConfigError):
        return "failed", str(error)
    if isinstance(error, Exception):
        return "failed", without_secrets(f"{type(error).__name__}: {error}")
    return "killed", type(error).__name__


def _set_aside(paths: ResultPaths) -> None:
    """Move an older finished result to `attempts/<n>`; what never finished is removed."""
    status = _status(paths)
    if status is None:
        return
    files = [path for path in paths.run_root.iterdir() if path != paths.attempts_dir]
    if status["status"] != "done":
        for path in files:
            path.unlink() if path.is_file() else shutil.rmtree(path)
        return
    numbers = [int(path.name) for path in paths.attempts_dir.glob("[0-9]*")]
    target = paths.attempts_dir / str(max(numbers, default=0) + 1)
    target.mkdir(parents=True)
    # The status goes last: if a kill cuts this short, the next attempt moves the rest.
    for path in sorted(files, key=lambda path: path == paths.status_path):
        path.rename(target / path.name)


def _status(paths: ResultPaths) -> dict[str, Any] | None:
    try:
        return dict(json.loads(paths.status_path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except json.JSONDecodeError:  # the machine went down: a process writes it in one step
        return {"status": "unreadable"}


def _write_status(context: ResultWriteContext, status: str, reason: str | None) -> None:
    digests = asdict(context.provenance)
    write_json(context.paths.status_path, {"status": status, "reason": reason, **digests})
