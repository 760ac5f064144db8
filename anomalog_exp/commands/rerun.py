"""Run dirs run again from their own config, and whether the same bytes come out.

  python -m anomalog_exp rerun outputs/demo-entity-chronological-siblings-markov/0123456789abcdef
  python -m anomalog_exp rerun outputs/*/*

The older result stays as an attempt beside the new one. What has changed in it since it was written is
said. Exit code 1 if a result differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.app import run
from anomalog_exp.commands._run_dirs import stored_run
from anomalog_exp.commands._usage import CommandParser
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.files import content_digest
from anomalog_exp.results import ResultPaths, StoredRun
from anomalog_exp.results.intact import misfits
from anomalog_exp.results.read import read_config

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print a line for each run dir; the exit code."""
    parser = CommandParser(__name__, "RUN_DIR [RUN_DIR ...]")
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR", help="a run's folder")
    code = 0
    for run_dir in parser.parse_args(arguments).run_dirs:
        stored = stored_run(run_dir)
        unfit = _unfit(stored)
        differing = _differing(stored)
        code |= bool(differing)
        verdict = f"differs in {', '.join(differing)}" if differing else "the same"
        print(f"{verdict}{f' (older result: {unfit})' if unfit else ''}  {run_dir}")
    return code


def _unfit(stored: StoredRun) -> str:
    """What there is to say against the older result."""
    status = stored.status
    if status["status"] != "done":
        raise ConfigError.of(
            "RUN_DIR",
            stored.paths.run_dir,
            problem=f"there is no result to compare with: its status is {status['status']}",
            allowed="runs whose status is done",
            fix="type the command of the run again",
        )
    if "files" not in status:
        return "an earlier version wrote it, without digests"
    return ", ".join(misfits(stored.paths, status["files"]))


def _differing(stored: StoredRun) -> list[str]:
    """Run again; the names of the result's files that are not the same."""
    before = _compared(stored.paths)
    config = _config(stored)
    # A member of a sweep runs alone this time.
    alone = config.sweep.model_copy(update={"dir": None})
    result = run(config.model_copy(update={"force": True, "sweep": alone}))
    after = _compared(ResultPaths.in_dir(Path(result.run_dir)))
    return [name for name, digest in after.items() if digest != before[name]]


def _config(stored: StoredRun) -> RunConfig:
    """The config of the run; where an earlier version kept no digests, this is how it comes by them."""
    if "files" in stored.status:
        return stored.config
    return read_config(stored.paths.config_path)


def _compared(paths: ResultPaths) -> dict[str, str | None]:
    """Digests of the files that equal runs write alike; None where there is none."""
    files = (paths.metrics_path, paths.model_manifest_path, paths.anomalies_path)
    return {path.name: content_digest(path) if path.is_file() else None for path in files}
