"""Runs and sweeps brought into MLflow that are not there: after a tracker failed, or for another store.

  python -m anomalog_exp mirror outputs/demo-entity-chronological-siblings-markov/0123456789abcdef
  python -m anomalog_exp mirror outputs/sweeps/demo-0123abcd
  python -m anomalog_exp mirror outputs/*/* -- tracking.store=/elsewhere/mlflow.db

What stands behind -- are overrides that name the store or, by tracking.uri, the server. Without any, it
is the server in MLFLOW_TRACKING_URI, else the place that the run itself named. What is there already is
left alone; a run dir that has changed since it was written is not mirrored. The exit code is 1 where a
sweep has such a member.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.commands._run_dirs import stored_run
from anomalog_exp.commands._store import store_for
from anomalog_exp.commands._usage import CommandParser, before_and_after_dashes
from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.errors import DataError
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_title import tracked_together
from anomalog_exp.results import ResultPaths, claimed
from anomalog_exp.results.members import Member, swept_keys
from anomalog_exp.results.read import read_run
from anomalog_exp.tracking.mirror import mirror_run_dir
from anomalog_exp.tracking.names import member_name
from anomalog_exp.tracking.notes import noted_mirrors
from anomalog_exp.tracking.sweeps import close_sweep_run, open_sweep_run

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print a line for each run and each sweep: what was done, its MLflow run, its folder."""
    parser = CommandParser(__name__, "DIR [DIR ...] [-- KEY=VALUE ...]")
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="DIR", help="the folder of a run or a sweep"
    )
    own, overrides = before_and_after_dashes(arguments)
    given = parser.parse_args(own).folders
    # Every mistake is found before anything is written.
    runs = {path: stored_run(path) for path in given if not SweepFolder(path).is_there}
    places = {path: store_for(run.config, overrides) for path, run in runs.items()}
    code = 0
    for path in given:
        if path in runs:
            paths = runs[path].paths
            with claimed(paths):
                _mirrored(paths, places[path])
        else:
            code |= _sweep(SweepFolder(path.absolute()), overrides)
    return code


def _mirrored(
    paths: ResultPaths,
    tracking: MlflowTrackingConfig,
    parent: str | None = None,
    name: str | None = None,
) -> None:
    """Mirror a run dir, which is claimed, and say so."""
    noted = {mirror["run_id"] for mirror in noted_mirrors(paths.tracking_path)}
    run_id = mirror_run_dir(paths.run_dir, tracking, parent=parent, name=name)
    done = "there already" if run_id in noted else "brought in"
    print(f"{done:13} {run_id} {paths.run_dir}", flush=True)


def _sweep(folder: SweepFolder, overrides: Sequence[str]) -> int:
    """Bring in a sweep with its members, as it would have been; one that runs is waited for."""
    code = 0
    with folder.held():
        records = folder.records("the sweep was killed before it ended")
        swept = swept_keys([Member.of(record) for record in records])
        members = list(_members(records))
        tracking = _place(folder.path, [paths for _, paths in members], overrides)
        sweep = open_sweep_run(tracking, folder.path, folder.typed)
        for record, paths in members:
            name = member_name(record["overrides"], swept) or None
            try:
                with claimed(paths):
                    _mirrored(paths, tracking, sweep, name)
            except DataError as error:
                print(error, file=sys.stderr, flush=True)
                code = 1
        close_sweep_run(tracking, sweep, folder.path, swept, records)
        print(f"{'sweep':13} {sweep} {folder.path}")
    return code


def _members(records: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], ResultPaths]]:
    """The members that have run dirs: others could not begin, or were lost."""
    for record in records:
        if record.get("run_dir") is not None:
            paths = ResultPaths.in_dir(Path(record["run_dir"]))
            if paths.status_path.is_file():
                yield record, paths


def _place(
    folder: Path, members: Sequence[ResultPaths], overrides: Sequence[str]
) -> MlflowTrackingConfig:
    """Where the sweep stands: where its members would, but all together."""
    title = folder.name.rpartition("-")[0]
    if not members:
        tracking = store_for(None, overrides)
        return tracking.model_copy(update={"experiment_name": title})
    config = read_run(members[0].run_dir).config
    alone = config.model_copy(update={"tracking": store_for(config, overrides)})
    together = tracked_together(alone, title)
    assert isinstance(together, MlflowTrackingConfig)
    return together
