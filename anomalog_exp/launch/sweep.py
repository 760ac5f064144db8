"""A sweep around Hydra's: prepared before any member starts, and closed with one table however it ends.

`hydra_plugins/anomalog_exp_sweepers.py` puts it around the sweeper that is chosen.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, open_dict, read_write

from anomalog_exp.config.compose import quoted, swept_keys
from anomalog_exp.config.load import run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.ending import Ending, ExitCode, leave_ending
from anomalog_exp.launch.launchers import check_launcher
from anomalog_exp.launch.member import FOLDER_KEY
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_mirror import SweepMirror
from anomalog_exp.launch.sweep_plan import check_summary, planned_members, typed_overrides
from anomalog_exp.launch.sweep_progress import SweepProgress
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep
from anomalog_exp.launch.sweep_title import sweep_title, tracked_together
from anomalog_exp.launch.workers import end_with_this_process, members_at_once, share_cores
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.report.write import report_sweep
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import raise_stop, stop_heard, stop_signal
from anomalog_exp.tracking import close_sweep, open_sweep

__all__ = ["Sweep"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sweep:
    """A sweep, in the process that starts it.

    Attributes:
        config: What its members have in common; all are mirrored where its `tracking` says.
        typed: What it is over, as it was typed, without secrets.
        swept: The keys that it varies.
        plan: The overrides of each member, without secrets; none where they are chosen while the sweep
            runs.
        folder: Its files.
        workers: How many members run at once on this machine.
    """

    config: RunConfig
    typed: list[str]
    swept: list[str]
    plan: list[list[str]]
    folder: SweepFolder
    workers: int

    @classmethod
    def prepared(cls, config: DictConfig, loader: ConfigLoader) -> Self:
        """Find every mistake that can be found before anything is written, and name the folder.

        Hydra's folder of the sweep becomes that folder, for what Hydra and its launchers write.

        Raises:
            ConfigError: a key, an option or a value that all members share cannot be used.
            HydraException: an override cannot be read.
        """
        check_launcher(config.hydra.launcher)
        shared = run_config(config)
        typed = typed_overrides(config)
        swept = swept_keys(typed)
        check_summary(shared.sweep, swept)
        typed = list(map(without_secrets, typed))
        plan = planned_members(config, loader)
        workers = members_at_once(config.hydra.launcher, len(plan))
        end_with_this_process(config.hydra.launcher)
        title = sweep_title(shared, plan)
        name = f"{title}-{stable_fingerprint(list(filter(_decides, typed)))[:8]}"
        folder = Path(config.hydra.sweep.dir).absolute() / name
        with read_write(config), open_dict(config):
            if plan and workers > len(plan) and "n_jobs" in config.hydra.launcher:
                # Further workers would run nothing, and follow nobody.
                config.hydra.launcher.n_jobs = workers = len(plan)
            config.hydra.sweep.dir = config.sweep.dir = str(folder)
        plan = [list(map(without_secrets, member)) for member in plan]
        tracking = tracked_together(shared, title)
        shared = shared.model_copy(update={"tracking": tracking})
        return cls(shared, typed, swept, plan, SweepFolder(folder), workers)

    @contextmanager
    def running(self) -> Iterator[list[str]]:
        """Members run inside the block, composed with the overrides that it is given.

        However the block ends, the table is written and printed, and the exit code kept. The user or a
        signal ends the command itself; what else breaks the sweep off is the reason of members that
        left no record.
        """
        with self.folder.held():
            yield from self._held()

    def _held(self) -> Iterator[list[str]]:
        """The same, while no other process runs this sweep."""
        self.folder.begin(self.plan, self.typed, self.config.sweep)
        runs = f"{len(self.plan)} runs" if self.plan else "runs chosen as it goes"
        _LOG.info("sweep of %s in %s", runs, self.folder.path)
        mirror = self._mirror()
        progress = SweepProgress(self.folder.members, len(self.plan), self.swept)
        progress.start()
        try:
            yield [f"{FOLDER_KEY}={quoted(str(self.folder.path))}"]
        except BaseException as error:
            stop_heard()
            progress.close()
            reason = _what_broke_off(error)
            self._close(mirror, missing_because=reason)
            leave_ending(Ending(ExitCode.FAILED, folder=self.folder.path))
            print(f"{reason}; the same command runs what is not done yet", file=sys.stderr)
            if stop_signal() is not None:
                raise_stop(error)
            if not isinstance(error, Exception) or isinstance(error, (OSError, ConfigError)):
                raise
            _LOG.debug("the sweep broke off", exc_info=error)
        else:
            progress.close()
            code = self._close(mirror, missing_because="its worker ended without a word")
            leave_ending(Ending(code, folder=self.folder.path))

    def _mirror(self) -> SweepMirror:
        """The mirror of members in the tracker, at work."""
        mirror = SweepMirror(
            self.folder.members,
            self.config.tracking,
            self.swept,
            lambda: open_sweep(
                self.config.tracking,
                folder=self.folder.path,
                overrides=list(filter(_decides, self.typed)),
            ),
        )
        if self.workers == 1:
            # Members import in this process what they need: safe in one thread at a time only.
            mirror.open()
        share_cores(self.workers)
        mirror.start()
        return mirror

    def _close(self, mirror: SweepMirror, *, missing_because: str) -> ExitCode:
        """Write and print one table of all members, and draw the page."""
        mirror.close()
        tracking_run = mirror.mirrored
        records = self.folder.records(missing_because)
        write_sweep(self.folder.path, records, self.config.sweep)
        report_sweep(
            self.folder.path,
            records,
            self.config.report,
            self.config.paths.cache_dir,
            typed=self.typed,
            summarize=self.config.sweep.summarize,
        )
        if tracking_run:
            close_sweep(
                self.config.tracking,
                tracking_run,
                folder=self.folder.path,
                swept=self.swept,
                records=records,
            )
        return print_sweep(self.folder.path, records, self.config)


def _decides(typed: str) -> bool:
    """Whether an override decides what runs; how members are shown, and how many, does not."""
    return not typed.startswith(("sweep.summar", "report.", "hydra.sweeper.n_trials="))


def _what_broke_off(error: BaseException) -> str:
    """What became of members without a record, in a line."""
    if isinstance(error, Exception) and stop_signal() is None:
        problem = str(error).split("\n")[0].split(". ")[0]
        return f"the sweep broke off before it ended ({type(error).__name__}: {problem})"
    return "the sweep was stopped before it ended"
