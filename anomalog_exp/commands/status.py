"""How a sweep stands: which members wait, run, are done or failed, and the table so far.

  python -m anomalog_exp status outputs/sweeps/demo-0123abcd

It is for sweeps that --detach sent to a cluster, and shows any other one, too. Where all members of a
sweep that was sent have ended, it does what the command would have done: it writes the table and the
page, and mirrors all of it to MLflow. The exit code is then that of the sweep; it is 0 while it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._usage import CommandParser
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.recorded_sweep import RecordedSweep
from anomalog_exp.launch.sent_sweep import jobs_in_words
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_standing import is_open, standing
from anomalog_exp.launch.sweep_table import ending_of, print_members

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print how the sweep stands; the exit code: 0 while it goes on."""
    parser = CommandParser(__name__, "SWEEP_DIR")
    parser.add_argument("folder", type=Path, metavar="SWEEP_DIR", help="the folder of a sweep")
    folder = SweepFolder(parser.parse_args(arguments).folder.absolute())
    if not folder.is_there:
        raise ConfigError.of(
            "SWEEP_DIR",
            folder.path,
            problem="this folder holds no sweep"
            if folder.path.is_dir()
            else "there is no such folder",
            allowed="folders with a plan.json, as outputs/sweeps/<name>",
            fix="name the folder that holds the table of a sweep, or that --detach printed as `status`",
        )
    records = standing(folder)
    goes_on = any(map(is_open, records))
    if folder.sent.are_there and not goes_on:
        with folder.held():
            return RecordedSweep.of(folder).finished()
    print_members(records)
    if not goes_on:
        return ending_of(records)
    if folder.sent.are_there:
        print(f"jobs     {jobs_in_words(folder)}")
    return 0
