"""A sweep around Hydra's multirun: what is prepared before it, recorded by each member, told after it.

A sweep's folder is named by what was typed, so the same command after an interruption continues in the
same place; finished members are reused from their own run dirs. Members hand their outcome over as a
small JSON file: it survives a dying worker and works under any launcher. Hydra swallows exceptions of
callbacks but lets other ways of leaving pass: `SystemExit` says how a sweep ended.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import current_process
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.global_hydra import GlobalHydra
from hydra.experimental.callback import Callback
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from anomalog_exp.app import run
from anomalog_exp.config.compose import quoted, sweep_members
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.load import run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError, PastHydra
from anomalog_exp.files import write_json
from anomalog_exp.launch.sweep_mirror import SweepMirror
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.progress import Progress
from anomalog_exp.results import ResultPaths
from anomalog_exp.tracking import close_sweep, open_sweep

__all__ = ["OWN_KEY", "SweepCallback", "run_member", "sweep_closed"]

_LOG = logging.getLogger(__name__)

OWN_KEY = "sweep.dir="
"""The override that a sweep adds for its members: no part of what the user typed."""


@dataclass(frozen=True)
class Sweep:
    """A sweep in progress, in the process that started it."""

    name: str
    directory: Path
    planned: list[list[str]]
    config: RunConfig
    mirror: SweepMirror

    def finish(self, problem: str | None = None) -> int:
        """Write and print one table of all members; return the exit code.

        Args:
            problem: What ended the sweep early, for members that left no record.
        """
        tracking_run = self.mirror.close()
        records = [
            self._record(index, overrides, problem) for index, overrides in enumerate(self.planned)
        ]
        table = write_sweep(self.directory, records)
        if tracking_run:
            close_sweep(self.config.tracking, tracking_run, records, table)
        return print_sweep(self.directory, records, self.config.tracking)

    def _record(self, index: int, overrides: list[str], problem: str | None) -> dict[str, Any]:
        try:
            return dict(json.loads(_member_file(self.directory, index).read_text()))
        except FileNotFoundError:
            reason = problem or "its worker ended without a word"
            return {"index": index, "overrides": overrides, "status": "lost", "reason": reason}


class SweepCallback(Callback):
    """Opens a sweep before Hydra starts its members, and closes it after the last."""

    current: ClassVar[Sweep | None] = None
    """The open sweep of this process."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Prepare everything members share; wrong options end the command here."""
        # Hydra would compose all members now, one after another, and each once more when it runs:
        # minutes before the first of a thousand. `_check_composes` looks at what differs.
        setattr(Sweeper, "validate_batch_is_legal", lambda sweeper, batch: None)  # noqa: B010
        try:
            SweepCallback.current = _open(config)
        except Exception as error:
            raise PastHydra(error) from error

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Tell the result and end the command with its exit code."""
        sweep, SweepCallback.current = SweepCallback.current, None
        assert sweep is not None
        try:
            raise SystemExit(sweep.finish())
        except Exception as error:
            raise PastHydra(error) from error


@contextmanager
def sweep_closed() -> Iterator[None]:
    """Closes a sweep that was broken off inside the block: by a dead worker, a signal, the user."""
    try:
        yield
    except BaseException as error:
        sweep, SweepCallback.current = SweepCallback.current, None
        if sweep is None:
            raise
        code = sweep.finish(_broken_by(error))
        print("the same command runs what is not done yet", file=sys.stderr)
        if not isinstance(error, Exception):
            raise
        raise SystemExit(code) from error


def run_member(composed: DictConfig, *, index: int, overrides: list[str]) -> dict[str, Any]:
    """Run one member and leave its record in the sweep's folder, whatever happens to it.

    Only plain values leave the worker: an exception of somebody's own class may not unpickle in the
    parent and would take the whole sweep down.
    """
    if current_process().name != "MainProcess":
        # A terminal sends Ctrl-C to everybody; the process that started the sweep answers it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    directory = Path(str(composed.sweep.dir))
    own = [override for override in overrides if not override.startswith(OWN_KEY)]
    record: dict[str, Any] = {"index": index, "overrides": own}
    try:
        if _stop_file(directory).exists():
            record |= {"status": "stopped", "reason": "an earlier member failed, sweep.fail_fast"}
        else:
            config = run_config(composed)
            record["tracking"] = config.tracking.model_dump(mode="json")
            record["run_dir"] = str(ResultPaths.for_config(config).run_dir)
            progress = Progress(bars=False)
            record |= asdict(run(config, overrides=own, progress=progress, mirrored=False))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - recorded; the others go on
        record |= {"status": "failed", "reason": _reason(error, record)}
        _LOG.error("member %d failed: %s", index, record["reason"].split("\n")[0])
        if composed.sweep.fail_fast:
            _stop_file(directory).touch()
    write_json(_member_file(directory, index), record)
    return record


def _open(config: DictConfig) -> Sweep:
    from joblib import effective_n_jobs  # a single run starts without it

    typed = run_config(config)
    typed_in = list(config.hydra.overrides.task)
    params: Any = OmegaConf.to_container(config.hydra.sweeper, resolve=True)
    swept = params.get("params") or {}
    given = [f"{key}={value}" for key, value in swept.items()] + typed_in
    planned = sweep_members(given, GlobalHydra.instance().config_loader())
    _check_composes(config, planned)
    _check_one_experiment(planned)

    wanted = int(config.hydra.launcher.get("n_jobs", 1))
    if wanted == 0:
        raise ConfigError.of(
            "hydra.launcher.n_jobs",
            wanted,
            problem="nobody would run the members",
            allowed="1 and more, or -1 for one per core",
            fix="leave it out for one per core",
        )
    workers = effective_n_jobs(wanted)
    name = f"{typed.experiment_name or typed.dataset.name}-{stable_fingerprint(given)[:8]}"
    directory = Path(config.hydra.sweep.dir).absolute() / name
    shutil.rmtree(directory / "members", ignore_errors=True)
    (directory / "members").mkdir(parents=True)
    _stop_file(directory).unlink(missing_ok=True)
    _LOG.info("sweep of %d runs in %s", len(planned), directory)
    mirror = SweepMirror(
        directory / "members", lambda: open_sweep(typed.tracking, name=name, overrides=given)
    )
    if workers == 1:
        # Members import in this process what they need, which is safe in one thread at a time only.
        mirror.open()
    _share_cores(workers)
    # Hydra reads the members' overrides after this hook: its own channel reaches every launcher.
    with read_write(config), open_dict(config):
        config.hydra.sweep.dir = config.sweep.dir = str(directory)
        config.hydra.overrides.task.append(f"{OWN_KEY}{quoted(str(directory))}")
    mirror.start()
    return Sweep(name, directory, planned, typed, mirror)


def _check_composes(config: DictConfig, planned: Sequence[list[str]]) -> None:
    """Find a misspelt key or option before anything runs.

    Composing takes a while, so members are composed only where they show a key or an option of a
    group for the first time; a value that does not fit fails its own members only.

    Raises:
        ConfigError: a member names a key or an option that does not exist.
    """
    loader = GlobalHydra.instance().config_loader()
    groups = set(loader.list_groups(""))
    shown: set[str] = set()
    for overrides in planned:
        pairs = [(override.split("=", 1)[0].lstrip("+~"), override) for override in overrides]
        new = {text if key in groups or "/" in key else key for key, text in pairs} - shown
        if new:
            shown |= new
            try:
                loader.load_sweep_config(config, overrides)
            except COMPOSING_ERRORS as error:
                raise explained(error, overrides) from error


def _check_one_experiment(planned: Sequence[list[str]]) -> None:
    """An experiment brings a sweep of its own, which Hydra would drop where several are swept over."""
    named = {one for member in planned for one in member if one.startswith("experiment=")}
    if len(named) > 1:
        names = [one.partition("=")[2] for one in sorted(named)]
        raise ConfigError.of(
            "experiment",
            ", ".join(names),
            problem="each experiment is a sweep of its own",
            allowed="one experiment",
            fix=f"python -m anomalog_exp.experiments run {' '.join(names)}",
        )


def _share_cores(workers: int) -> None:
    """Threads of libraries inside each worker; only the environment of its start reaches it."""
    cores = os.cpu_count() or 1
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, cores // workers)))


def _broken_by(error: BaseException) -> str:
    """What became of members without a record, in a line."""
    if isinstance(error, Exception):
        told = str(error).split("\n")[0].split(". ")[0]
        return f"the sweep broke off before it ended ({type(error).__name__}: {told})"
    return "the sweep was stopped before it ended"


def _reason(error: BaseException, record: dict[str, Any]) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    log = Path(record.get("run_dir", ""), "run.log")
    where = f" (traceback in {log})" if log.is_file() and log.stat().st_size else ""
    return f"{type(error).__name__}: {str(error) or 'no message'}{where}"


def _member_file(directory: Path, index: int) -> Path:
    return directory / "members" / f"{index:05d}.json"


def _stop_file(directory: Path) -> Path:
    return directory / "stop"
