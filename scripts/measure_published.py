"""Run experiments under whose protocols figures are published, and keep ours for docs/published.md.

    python scripts/measure_published.py "2 % of HDFS (the sample of LogLead)" loglizer_hdfs -- \
        dataset/source=local_zip dataset.source.zip_path=hdfs_v1_2pct.zip

Behind `--` stand overrides for all of them: where the log is, other detectors, seeds. Where one source
chose its thresholds by the test labels, the experiment runs once more with model/decision=best_f1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from docs_published import MEASURED

from anomalog_exp.commands.experiments import Experiment, select
from anomalog_exp.report.published import beside
from anomalog_exp.results import StoredRun, read_run
from anomalog_exp.results.frames import run_dirs


def measured(
    experiment: Experiment, overrides: Sequence[str], folder: Path
) -> dict[str, dict[str, str]]:
    """Our figures by the place of a source in the file, and by method."""
    _run(experiment, overrides, folder)
    if any(source.oracle for source in experiment.published):
        _run(experiment, [*overrides, "model/decision=best_f1"], folder)
    runs = list(_done(folder))
    return {
        str(at): {row.figure.method: str(row.ours) for row in beside([source], runs) if row.ours}
        for at, source in enumerate(experiment.published)
    }


def _run(experiment: Experiment, overrides: Sequence[str], folder: Path) -> None:
    places = [f"paths.output_dir={folder}", "tracking=none", "report.page=false"]
    command = ["experiments", "run", experiment.name, *overrides, *places]
    # A detector that has no result under a protocol is no reason to show none of the others.
    subprocess.run([sys.executable, "-m", "anomalog_exp", *command], check=False)


def _done(folder: Path) -> Iterator[StoredRun]:
    for run_dir in run_dirs(folder):
        run = read_run(run_dir)
        if run.status["status"] == "done":
            yield run


def main() -> None:
    """Run what the command names, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", help="what the log is, as the page shall say")
    parser.add_argument("names", nargs="+", help="experiments")
    own = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    options, overrides = parser.parse_args(own), sys.argv[len(own) + 2 :]
    known = json.loads(MEASURED.read_text(encoding="utf-8"))
    for experiment in select(names=options.names):
        with tempfile.TemporaryDirectory() as folder:
            f1 = measured(experiment, overrides, Path(folder))
        known[experiment.name] = {"version": experiment.version, "log": options.log, "f1": f1}
        text = json.dumps(dict(sorted(known.items())), indent=1) + "\n"
        MEASURED.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
