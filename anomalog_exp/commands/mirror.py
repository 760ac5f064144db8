"""Run dirs brought into MLflow that are not there: after a tracker failed, or for another store.

  python -m anomalog_exp mirror outputs/demo-entity-chronological-drain-markov/0123456789abcdef
  python -m anomalog_exp mirror outputs/*/* -- tracking.store=/elsewhere/mlflow.db

What stands behind -- are overrides that name the store. A run that is there already is left alone; a run
dir that has changed since it was written is not mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._run_dirs import stored_run
from anomalog_exp.commands._store import named_store
from anomalog_exp.commands._usage import CommandParser, before_and_after_dashes
from anomalog_exp.results import claimed
from anomalog_exp.tracking.mirror import mirror_run_dir

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print the id of the MLflow run of each run dir; the exit code."""
    parser = CommandParser(__name__, "RUN_DIR [RUN_DIR ...] [-- KEY=VALUE ...]")
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR", help="a run's folder")
    own, overrides = before_and_after_dashes(arguments)
    runs = [stored_run(run_dir).paths for run_dir in parser.parse_args(own).run_dirs]
    tracking = named_store(overrides, what_for="to bring runs into")
    for paths in runs:
        with claimed(paths):
            print(mirror_run_dir(paths.run_dir, tracking, parent=None), paths.run_dir)
    return 0
