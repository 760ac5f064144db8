"""Run dirs run again from their own config, and whether the same bytes come out.

  python -m anomalog_exp rerun outputs/demo-entity-chronological-drain-markov/0123456789abcdef
  python -m anomalog_exp rerun outputs/*/*

The older result stays as an attempt beside the new one. Exit code 1 if a result differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.app import run
from anomalog_exp.commands._run_dirs import stored_run
from anomalog_exp.commands._usage import CommandParser

__all__ = ["main"]

_COMPARED = ("metrics_path", "model_manifest_path", "anomalies_path")


def main(arguments: Sequence[str]) -> int:
    """Print a line for each run dir; the exit code."""
    parser = CommandParser(__name__, "RUN_DIR [RUN_DIR ...]")
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR", help="a run's folder")
    code = 0
    for run_dir in parser.parse_args(arguments).run_dirs:
        differing = _differing(run_dir)
        code |= bool(differing)
        print(f"{'differs in ' + ', '.join(differing) if differing else 'the same'}  {run_dir}")
    return code


def _differing(run_dir: Path) -> list[str]:
    """Run again; the names of the result's files that are not the same."""
    stored = stored_run(run_dir)
    before = {name: getattr(stored.paths, name).read_bytes() for name in _COMPARED}
    # A member of a sweep runs alone this time.
    alone = stored.config.sweep.model_copy(update={"dir": None})
    config = stored.config.model_copy(update={"force": True, "sweep": alone})
    again = stored_run(Path(run(config).run_dir))
    after = {name: getattr(again.paths, name) for name in _COMPARED}
    return [path.name for name, path in after.items() if path.read_bytes() != before[name]]
