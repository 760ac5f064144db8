"""What is known of a sweep, and how it is closed: mirrored, with one table of all members and a page.

The process that started it does that, or another one for members that were sent to a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from anomalog_exp.config.compose import swept_keys
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.sent_sweep import LOST
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_mirror import SweepMirror
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep
from anomalog_exp.launch.workers import share_cores
from anomalog_exp.report.write import report_sweep
from anomalog_exp.results.read import read_config
from anomalog_exp.tracking import close_sweep, open_sweep

__all__ = ["RecordedSweep", "decides"]


@dataclass(frozen=True)
class RecordedSweep:
    """A sweep, whoever runs its members.

    Attributes:
        config: What its members have in common; all are mirrored where its `tracking` says.
        typed: What it is over, as it was typed, without secrets.
        swept: The keys that it varies.
        plan: The overrides of each member, without secrets; none where they are chosen while the sweep
            runs.
        folder: Its files.
        workers: How many members run at once on this machine.
        is_sent: Members are jobs of a cluster, which go on without the process that sent them.
        is_detached: That process does not wait for them.
    """

    config: RunConfig
    typed: list[str]
    swept: list[str]
    plan: list[list[str]]
    folder: SweepFolder
    workers: int
    is_sent: bool = False
    is_detached: bool = False

    @classmethod
    def of(cls, folder: SweepFolder) -> Self:
        """A sweep whose members were sent to a cluster, in another process than the one that sent them.

        Raises:
            ConfigError: this version cannot read what the sweep was sent with.
        """
        return cls(
            config=read_config(folder.config_path),
            typed=folder.typed,
            swept=swept_keys(folder.typed),
            plan=folder.plan,
            folder=folder,
            workers=1,
            is_sent=True,
        )

    def finished(self) -> ExitCode:
        """Close a sweep of `of`, whose members have ended, as the process that sent it would have."""
        return self.close(self.mirror(), missing_because=LOST)

    def mirror(self) -> SweepMirror:
        """The mirror of members in the tracker, at work."""
        mirror = SweepMirror(
            self.folder.members,
            self.config.tracking,
            self.swept,
            lambda: open_sweep(
                self.config.tracking,
                folder=self.folder.path,
                overrides=list(filter(decides, self.typed)),
            ),
        )
        if self.workers == 1:
            # Members import in this process what they need: safe in one thread at a time only.
            mirror.open()
        share_cores(self.workers)
        mirror.start()
        return mirror

    def close(self, mirror: SweepMirror, *, missing_because: str) -> ExitCode:
        """Write and print one table of all members, and draw the page."""
        mirror.close()
        tracking_run = mirror.mirrored
        records = self.folder.records(missing_because)
        if all(self.folder.has_ended(int(record["index"])) for record in records):
            self.folder.sent.forget()
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


def decides(typed: str) -> bool:
    """Whether an override decides what runs; how members are shown, and how many, does not."""
    return not typed.startswith(("sweep.summar", "report.", "hydra.sweeper.n_trials="))
