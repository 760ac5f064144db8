"""A sweep around Hydra's: prepared before any member starts, and closed with one table however it ends.

`hydra_plugins/anomalog_exp_sweepers.py` puts it around the sweeper that is chosen.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, open_dict, read_write

from anomalog_exp.config.compose import quoted, swept_keys
from anomalog_exp.config.load import run_config
from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.files import write_json
from anomalog_exp.launch.ending import Ending, ExitCode, leave_ending
from anomalog_exp.launch.launchers import check_launcher
from anomalog_exp.launch.member import FOLDER_KEY
from anomalog_exp.launch.recorded_sweep import RecordedSweep, decides
from anomalog_exp.launch.sent_sweep import (
    LOST,
    how_to_go_on,
    jobs_in_words,
    refuse_while_jobs_go_on,
    status_command,
)
from anomalog_exp.launch.slurm import check_slurm
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_plan import check_summary, planned_members, typed_overrides
from anomalog_exp.launch.sweep_progress import SweepProgress
from anomalog_exp.launch.sweep_title import sweep_title, tracked_together
from anomalog_exp.launch.workers import end_with_this_process, members_at_once
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.plural import how_many
from anomalog_exp.secrets import without_secrets
from anomalog_exp.stopping import raise_stop, stop_heard, stop_signal

__all__ = ["Sweep"]

_LOG = logging.getLogger(__name__)

_DEAD = "its worker ended without a word"


class Sweep(RecordedSweep):
    """A sweep, in the process that starts it."""

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
        check_slurm(config.hydra.launcher, is_planned=bool(plan))
        workers = members_at_once(config.hydra.launcher, len(plan))
        end_with_this_process(config.hydra.launcher)
        title = sweep_title(shared, plan)
        name = f"{title}-{stable_fingerprint(list(filter(decides, typed)))[:8]}"
        folder = Path(config.hydra.sweep.dir).absolute() / name
        with read_write(config), open_dict(config):
            if plan and workers > len(plan) and "n_jobs" in config.hydra.launcher:
                # Further workers would run nothing, and follow nobody.
                config.hydra.launcher.n_jobs = workers = len(plan)
            config.hydra.sweep.dir = config.sweep.dir = str(folder)
        plan = [list(map(without_secrets, member)) for member in plan]
        tracking = tracked_together(shared, title)
        shared = shared.model_copy(update={"tracking": tracking})
        detach = config.hydra.launcher.get("detach")
        return cls(
            config=shared,
            typed=typed,
            swept=swept,
            plan=plan,
            folder=SweepFolder(folder),
            workers=workers,
            is_sent=detach is not None,
            is_detached=bool(detach),
        )

    @contextmanager
    def running(self) -> Iterator[list[str]]:
        """Members run inside the block, composed with the overrides that it is given.

        However the block ends, the table is written and printed, and the exit code kept. The user or a
        signal ends the command itself; what else breaks the sweep off is the reason of members that
        left no record.
        """
        with self.folder.held():
            refuse_while_jobs_go_on(self.folder)
            self.folder.begin(self.plan, self.typed, self.config.sweep)
            if self.is_sent:
                write_json(self.folder.config_path, serialise_config(self.config))
            runs = how_many(len(self.plan), "run") if self.plan else "runs chosen as it goes"
            _LOG.info("sweep of %s in %s", runs, self.folder.path)
            yield from self._left_alone() if self.is_detached else self._followed()

    def _left_alone(self) -> Iterator[list[str]]:
        """Members are sent inside the block, and nobody waits for them here."""
        yield [self._folder_override]
        print(f"sent     {how_many(len(self.plan), 'member')}, {jobs_in_words(self.folder)}")
        print(f"status   {status_command(self.folder)}")
        leave_ending(Ending(folder=self.folder.path))

    def _followed(self) -> Iterator[list[str]]:
        """Members run inside the block, and the table follows."""
        mirror = self.mirror()
        progress = SweepProgress(self.folder.members, len(self.plan), self.swept)
        progress.start()
        try:
            yield [self._folder_override]
        except BaseException as error:
            stop_heard()
            progress.close()
            reason = _what_broke_off(error)
            self.close(mirror, missing_because=reason)
            leave_ending(Ending(ExitCode.FAILED, folder=self.folder.path))
            print(f"{reason}; {how_to_go_on(self.folder)}", file=sys.stderr)
            if stop_signal() is not None:
                raise_stop(error)
            if not isinstance(error, Exception) or isinstance(error, (OSError, ConfigError)):
                raise
            _LOG.debug("the sweep broke off", exc_info=error)
        else:
            progress.close()
            code = self.close(mirror, missing_because=LOST if self.is_sent else _DEAD)
            leave_ending(Ending(code, folder=self.folder.path))

    @property
    def _folder_override(self) -> str:
        return f"{FOLDER_KEY}={quoted(str(self.folder.path))}"


def _what_broke_off(error: BaseException) -> str:
    """What became of members without a record, in a line."""
    if isinstance(error, Exception) and stop_signal() is None:
        problem = str(error).split("\n")[0].split(". ")[0]
        return f"the sweep broke off before it ended ({type(error).__name__}: {problem})"
    return "the sweep was stopped before it ended"
