"""Reading a run back from its dir."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.evaluation import MetricReport
from anomalog_exp.results.paths import ResultPaths
from anomalog_exp.results.scores import RunScores, read_scores

if TYPE_CHECKING:
    import polars as pl

__all__ = ["StoredRun", "read_run"]


@dataclass(frozen=True)
class StoredRun:
    """The files of one run dir; each is read when it is asked for."""

    paths: ResultPaths

    @property
    def status(self) -> dict[str, Any]:
        return _json(self.paths.status_path)

    @property
    def config(self) -> RunConfig:
        """The config that ran, validated again; running it gives the same result."""
        return RunConfig.of(yaml.safe_load(self.paths.config_path.read_text(encoding="utf-8")))

    @property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds, as it is written; `report` is the same with types."""
        return _json(self.paths.metrics_path)

    @property
    def report(self) -> MetricReport:
        return MetricReport.from_json(self.metrics)

    @property
    def scores(self) -> RunScores:
        """Scores, labels and decisions of the test part."""
        return read_scores(self.paths.scores_path)

    @property
    def dataset_manifest(self) -> dict[str, Any]:
        return _json(self.paths.dataset_manifest_path)

    @property
    def model_manifest(self) -> dict[str, Any]:
        return _json(self.paths.model_manifest_path)

    @property
    def findings(self) -> dict[str, Any] | None:
        """What `findings.json` holds; None where the run wrote none."""
        return _json(self.paths.findings_path) if self.paths.findings_path.is_file() else None

    @property
    def timeline(self) -> dict[str, Any] | None:
        """What `timeline.json` holds; None where the run wrote none, as of a log without times."""
        return _json(self.paths.timeline_path) if self.paths.timeline_path.is_file() else None

    @property
    def environment(self) -> dict[str, Any]:
        return _json(self.paths.environment_path)

    @property
    def predictions(self) -> pl.DataFrame:
        """One row per test sequence, where the run wrote them."""
        import polars as pl

        return pl.read_parquet(self.paths.predictions_path)


def read_run(run_dir: Path | str) -> StoredRun:
    """The run in a dir.

    Raises:
        FileNotFoundError: the dir holds no run.
    """
    paths = ResultPaths.in_dir(Path(run_dir))
    if not paths.status_path.is_file():
        raise FileNotFoundError(f"{run_dir} holds no run: it has no {paths.status_path.name}")
    return StoredRun(paths)


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
