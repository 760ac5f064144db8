"""What a job of Slurm does on its node: the members that it was sent with, one after the other.

A job that is requeued begins its list again: what is done is reused by its fingerprint, and what was cut
off begins anew. It works in the directory of the command, so that relative paths mean the same there.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from types import FrameType
from typing import Any

from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.stopping import Stopped

__all__ = ["Member", "MembersJob"]

Member = tuple[int, list[str]]
"""Its place in the plan, and its overrides."""


@dataclass(frozen=True)
class MembersJob:
    """What a job does: its members, one after the other.

    Attributes:
        runner: submitit's launcher, which composes and runs one member.
        directory: That of the command.
        folder: That of the sweep.
        members: What to run.
        singletons: The state of Hydra.
    """

    runner: Any
    directory: str
    folder: SweepFolder
    members: list[Member]
    singletons: dict[Any, Any]

    def __call__(self) -> None:
        os.chdir(self.directory)
        _stop_where_requeued()
        for index, overrides in self.members:
            with self.folder.begun(index):
                self.runner(overrides, "hydra.sweep.dir", index, str(index), self.singletons)

    def checkpoint(self) -> Any:
        """What a job that runs out of its time is sent again with."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _stop_where_requeued() -> None:
    """Let no member take for its own end what submitit raises when it has sent the job again."""
    from submitit.slurm.slurm import SlurmJobEnvironment

    number = getattr(signal, f"SIG{SlurmJobEnvironment.USR_SIG}")
    send_again = signal.getsignal(number)
    assert callable(send_again)

    def send_again_and_stop(signum: int, frame: FrameType | None) -> None:
        try:
            send_again(signum, frame)
        except SystemExit as error:
            raise Stopped(error.code) from error

    signal.signal(number, send_again_and_stop)
