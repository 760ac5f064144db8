"""Run a run dir's config again, and see whether the same bytes come out.

    python scripts/rerun.py RUN_DIR [RUN_DIR ...]

The older result stays as an attempt beside the new one. Exit code 1 if a result differs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.app import run
from anomalog_exp.errors import ConfigError
from anomalog_exp.results import read_run

COMPARED = ("metrics_path", "model_manifest_path", "anomalies_path")


def differing(run_dir: Path) -> list[str]:
    """Run again; the names of the result's files that are not the same."""
    stored = read_run(run_dir)
    before = {name: getattr(stored.paths, name).read_bytes() for name in COMPARED}
    # A member of a sweep runs alone this time.
    alone = stored.config.sweep.model_copy(update={"dir": None})
    config = stored.config.model_copy(update={"force": True, "sweep": alone})
    again = read_run(run(config).run_dir)
    after = {name: getattr(again.paths, name) for name in COMPARED}
    return [path.name for name, path in after.items() if path.read_bytes() != before[name]]


def main(arguments: Sequence[str]) -> int:
    """Print a line for each run dir."""
    if not arguments or arguments[0] in ("-h", "--help"):
        raise SystemExit(__doc__)
    code = 0
    for run_dir in map(Path, arguments):
        try:
            found = differing(run_dir.absolute())
        except (ConfigError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        code |= bool(found)
        print(f"{'differs in ' + ', '.join(found) if found else 'the same'}  {run_dir}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
