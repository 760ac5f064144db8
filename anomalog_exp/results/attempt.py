"""One attempt at a run: who may write its dir, its status, and what becomes of an older result.

`status.json` is written first (running) and last (done, skipped, failed, killed, with a digest of every
file). What is written in between may be incomplete, and what was written may have changed since: only
`done` with the same three digests, and with every file as it was written, is ever reused.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from signal import Signals

import yaml
from filelock import FileLock

from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.errors import ConfigError, DataError, NotApplicable
from anomalog_exp.files import write_json, write_text
from anomalog_exp.results.bundle_manifest import MANIFEST
from anomalog_exp.results.context import Provenance, ResultWriteContext
from anomalog_exp.results.environment import build_environment_metadata
from anomalog_exp.results.intact import file_digests, misfits, read_status
from anomalog_exp.results.older import empty, keep_older_result, remove_leftovers
from anomalog_exp.results.paths import ResultPaths
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import stop_heard, stop_signal

__all__ = ["NO_RESULT_YET", "attempt", "claimed", "why_not_reused"]

_LOG = logging.getLogger(__name__)

NO_RESULT_YET = "there is no result yet"
"""Why nothing is reused where the run is new."""


@contextmanager
def claimed(paths: ResultPaths) -> Iterator[None]:
    """One process at a time works on a fingerprint; others wait, and then reuse its result."""
    with FileLock(paths.lock_path):
        remove_leftovers(paths)
        yield


def why_not_reused(
    paths: ResultPaths,
    provenance: Provenance,
    *,
    needs_predictions: bool,
    needs_bundle: bool,
) -> str | None:
    """Why the result in a run dir cannot stand for this run; None if it can."""
    try:
        status = read_status(paths)
    except FileNotFoundError:
        return NO_RESULT_YET
    except DataError:
        return f"the {paths.status_path.name} of the last attempt is damaged"
    if status["status"] == "running":
        return "the last attempt was cut off"
    if status["status"] != "done":
        return f"the last attempt ended as {status['status']}"
    changed = [
        name.partition("_")[0] for name, now in asdict(provenance).items() if status[name] != now
    ]
    if changed:
        return f"changed since the last result: {', '.join(changed)}"
    if "files" not in status:
        return "an earlier version wrote the last result, without digests of its files"
    unfit = misfits(paths, status["files"])
    if unfit:
        return f"the last result is not as it was written: {', '.join(unfit)}"
    needed = [paths.config_path, paths.metrics_path, paths.environment_path, paths.scores_path]
    if needs_predictions:
        needed += [paths.predictions_path, paths.predictions_jsonl_path]
    if needs_bundle:
        needed.append(paths.bundle_dir / MANIFEST)
    names = [path.relative_to(paths.run_dir).as_posix() for path in needed]
    missing = [name for name in names if name not in status["files"]]
    return f"the last result has no {', '.join(missing)}" if missing else None


@contextmanager
def attempt(context: ResultWriteContext) -> Iterator[None]:
    """Keep the older result, write status `running`, log into the run dir, and write how it ended.

    However it ends, its dir holds its config and its environment. `NotApplicable` is an outcome and ends
    here, as `skipped`; every other exception goes on to the caller.
    """
    paths = context.paths
    keep_older_result(paths)
    paths.run_dir.mkdir(parents=True, exist_ok=True)
    status, reason = "done", None
    # Before anything is written: pydantic turns a signal that arrives in it into an error of its own.
    config = serialise_config(context.config)
    emptied = False
    try:
        _write_status(context, "running", None)
        empty(paths)
        emptied = True
        write_text(paths.config_path, yaml.safe_dump(config, sort_keys=False))
        with _logged_to(paths.run_log_path, f"running {context.config.name}"):
            yield
    except NotApplicable as outcome:
        status, reason = "skipped", str(outcome)
        _LOG.warning("skipped: %s", reason)
    except BaseException as error:
        status, reason = _ended_as(error)
        raise
    finally:
        if not emptied:  # files of the older result would pass for those of this attempt
            empty(paths)
        environment = build_environment_metadata(context.clock, context.overrides)
        write_json(paths.environment_path, environment)
        _write_status(context, status, reason, files=file_digests(paths))


class _RunLog(logging.FileHandler):
    """A log that breaks the run off where it cannot be written; logging would print a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exception()
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, self.baseFilename) from error
        super().handleError(record)


@contextmanager
def _logged_to(path: Path, first: str) -> Iterator[None]:
    """Everything that is logged also goes into a file, whose first line no terminal needs to show.

    So does the traceback of what is raised.
    """
    handler = _RunLog(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        handler.handle(logging.LogRecord(__name__, logging.INFO, __file__, 0, first, None, None))
        yield
    except BaseException:
        # Where the disk is full, that is what ends the run, and what is said.
        with suppress(OSError), path.open("a", encoding="utf-8") as log:
            log.write(without_secrets(traceback.format_exc()))
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        with suppress(OSError):
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


def _write_status(
    context: ResultWriteContext,
    status: str,
    reason: str | None,
    *,
    files: dict[str, str] | None = None,
) -> None:
    """Write `status.json`; `files` are the digests of what a run that has ended leaves."""
    payload = {"status": status, "reason": reason, **asdict(context.provenance)}
    write_json(context.paths.status_path, payload if files is None else payload | {"files": files})
