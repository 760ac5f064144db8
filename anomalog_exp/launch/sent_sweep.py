"""A sweep whose members are jobs of a cluster, and go on when the command that sent them has ended."""

from __future__ import annotations

import shlex

from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.sweep_folder import SweepFolder

__all__ = [
    "LOST",
    "how_to_go_on",
    "jobs_in_words",
    "refuse_while_jobs_go_on",
    "status_command",
]

LOST = "its job ended without a word; what it printed is in .submitit of the sweep's folder"


def refuse_while_jobs_go_on(folder: SweepFolder) -> None:
    """Find jobs of this sweep in the queue: its members would be run twice, and their records mixed.

    Raises:
        ConfigError: there are some.
    """
    if folder.sent.in_queue():
        raise ConfigError.of(
            "this sweep",
            folder.path,
            problem=f"it waits or runs already, as {jobs_in_words(folder)}",
            allowed="a sweep whose jobs have ended",
            fix=f"`{status_command(folder)}` shows it and writes its table; "
            f"`scancel {' '.join(folder.sent.arrays)}` ends it",
        )


def jobs_in_words(folder: SweepFolder) -> str:
    """The jobs that a sweep's members were sent as."""
    jobs, arrays = set(folder.sent.job_of.values()), folder.sent.arrays
    return f"{len(jobs)} {'job' if len(jobs) == 1 else 'jobs'} of Slurm: {', '.join(arrays)}"


def status_command(folder: SweepFolder) -> str:
    """What shows how a sweep stands."""
    return f"python -m anomalog_exp status {shlex.quote(str(folder.path))}"


def how_to_go_on(folder: SweepFolder) -> str:
    """What to do about a sweep whose command was stopped."""
    if folder.sent.in_queue():
        return f"its jobs go on: {status_command(folder)}"
    return "the same command runs what is not done yet"
