"""Mirror run dirs to MLflow that are not there: after a tracker failed, or for another store.

    python scripts/mirror_runs.py RUN_DIR [RUN_DIR ...] [-- OVERRIDE ...]

The overrides name the store, as in `tracking.store=/elsewhere/mlflow.db`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.config import load_run_config
from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.tracking.mirror import mirror_run_dir


def main(arguments: Sequence[str]) -> None:
    """Print the MLflow run of each run dir."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    tracking = load_run_config(list(arguments[cut + 1 :])).tracking
    if not isinstance(tracking, MlflowTrackingConfig):
        raise SystemExit("the overrides must name an MLflow store, as tracking=mlflow does")
    if not cut or arguments[0] in ("-h", "--help"):
        raise SystemExit(__doc__)
    for run_dir in map(Path, arguments[:cut]):
        try:
            print(mirror_run_dir(run_dir.absolute(), tracking, parent=None), run_dir)
        except (ConfigError, OSError) as error:
            raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
