"""The jobs of Slurm that members of a sweep are in: which were sent, and what the queue says of them.

The queue says what waits and what runs. What has ended is told by the records of members, and not by
Slurm's accounting, which many clusters lack.
"""

from __future__ import annotations

import getpass
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.files import write_json

__all__ = ["SentJobs", "queue"]

_ANSWER_S = 60.0


class SentJobs:
    """The file that says which job each member of a sweep is in.

    It is there from when a job is sent until every member has left its record and the table is written.

    Args:
        folder: The sweep's.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sent.json"

    @property
    def are_there(self) -> bool:
        """Whether jobs were sent whose members are not all in the table."""
        return self._path.is_file()

    def add(self, jobs: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Note jobs that were sent, and the members that each runs, in their order."""
        write_json(self._path, [*self._read(), *jobs])

    def forget(self) -> None:
        """Every member is in the table, or is to be sent anew."""
        self._path.unlink(missing_ok=True)

    @property
    def job_of(self) -> dict[int, str]:
        """Member -> its job, as `12_3`."""
        return {member: job for job, members in self._read() for member in members}

    @property
    def arrays(self) -> list[str]:
        """The numbers of the arrays, as `scancel` takes them."""
        return list(dict.fromkeys(job.partition("_")[0] for job, _ in self._read()))

    def in_queue(self) -> dict[str, str] | None:
        """Job -> its state, of those that wait or run; None where nobody can say."""
        states = queue()
        if states is None:
            return None
        sent = set(self.job_of.values())
        return {job: state for job, state in states.items() if job in sent}

    def _read(self) -> list[tuple[str, list[int]]]:
        if not self.are_there:
            return []
        return [(str(job), members) for job, members in json.loads(self._path.read_bytes())]


def queue() -> dict[str, str] | None:
    """The user's jobs that wait or run, and the state of each; None where no Slurm answers."""
    if shutil.which("squeue") is None:
        return None
    asked = ["squeue", "--noheader", "--array", "--user", getpass.getuser(), "--format", "%F_%K %T"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=_ANSWER_S)
    except subprocess.TimeoutExpired:
        return None
    if said.returncode != 0:
        return None
    pairs = (line.split() for line in said.stdout.splitlines())
    return {job.removesuffix("_N/A"): state for job, state in pairs}
