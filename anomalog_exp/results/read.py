"""Reading a run back from its dir: only files that are as the run wrote them are read."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.evaluation import MetricReport
from anomalog_exp.options.yaml_file import read_yaml
from anomalog_exp.results.intact import misfits, read_status
from anomalog_exp.results.paths import ResultPaths
from anomalog_exp.results.scores import RunScores, read_scores

if TYPE_CHECKING:
    import polars as pl

__all__ = ["StoredRun", "read_config", "read_run"]


@dataclass(frozen=True)
class StoredRun:
    """The files of one run dir; each is read when it is asked for, if it is as the run wrote it.

    Every attribute but `paths` raises `DataError` where the file has changed or is missing, where the
    run wrote none, and where a run lasts still, was cut off, or is of a version without digests.
    """

    paths: ResultPaths

    @property
    def status(self) -> dict[str, Any]:
        """How the run ended, what it rests on, and the digests of its files."""
        return read_status(self.paths)

    @property
    def config(self) -> RunConfig:
        """The config that ran, validated again; running it gives the same result."""
        return read_config(self._whole(self.paths.config_path))

    @property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds, as it is written; `report` is the same with types."""
        return self._json(self.paths.metrics_path)

    @property
    def report(self) -> MetricReport:
        return MetricReport.from_json(self.metrics)

    @property
    def scores(self) -> RunScores:
        """Scores, labels and decisions of the test part."""
        return read_scores(self._whole(self.paths.scores_path))

    @property
    def dataset_manifest(self) -> dict[str, Any]:
        return self._json(self.paths.dataset_manifest_path)

    @property
    def model_manifest(self) -> dict[str, Any]:
        return self._json(self.paths.model_manifest_path)

    @property
    def learning_curves(self) -> dict[str, LearningCurve]:
        """How the losses of its networks fell, see `LearningCurve.all_in`; none with a bundle."""
        return {} if self.config.bundle else LearningCurve.all_in(self.model_manifest)

    @property
    def bundle_bytes(self) -> int | None:
        """The size of its bundle; None where the run kept none."""
        folder = self.paths.bundle_dir
        own = [self.paths.run_dir / name for name in self._digests()]
        sizes = [self._whole(path).stat().st_size for path in own if folder in path.parents]
        return sum(sizes) if sizes else None

    @property
    def findings(self) -> dict[str, Any] | None:
        """What `findings.json` holds; None where the run wrote none."""
        return self._json_if_written(self.paths.findings_path)

    @property
    def timeline(self) -> dict[str, Any] | None:
        """What `timeline.json` holds; None where the run wrote none, as of a log without times."""
        return self._json_if_written(self.paths.timeline_path)

    @property
    def changes(self) -> dict[str, Any] | None:
        """What `changes.json` holds; None where the run wrote none: its split is not by_file."""
        return self._json_if_written(self.paths.changes_path)

    @property
    def environment(self) -> dict[str, Any]:
        return self._json(self.paths.environment_path)

    @property
    def predictions(self) -> pl.DataFrame:
        """One row per test sequence, where the run wrote them."""
        import polars as pl

        return pl.read_parquet(self._whole(self.paths.predictions_path))

    @property
    def event_predictions(self) -> pl.DataFrame:
        """One row per judged event, where the run wrote them and its detector judges events."""
        import polars as pl

        return pl.read_parquet(self._whole(self.paths.event_predictions_path))

    @property
    def files(self) -> list[Path]:
        """All files of the run, `status.json` among them; each is as it was written."""
        digests = self._digests()
        if unfit := misfits(self.paths, digests):
            raise self._unfit(self.paths.run_dir, ", ".join(unfit))
        return [self.paths.status_path, *(self.paths.run_dir / name for name in digests)]

    def _json(self, path: Path) -> dict[str, Any]:
        return dict(json.loads(self._whole(path).read_bytes()))

    def _json_if_written(self, path: Path) -> dict[str, Any] | None:
        return self._json(path) if path.name in self._digests() else None

    def _whole(self, path: Path) -> Path:
        """The path of a file that is as the run wrote it."""
        digests, name = self._digests(), path.relative_to(self.paths.run_dir).as_posix()
        if name not in digests:
            raise DataError.of(
                name,
                path,
                problem=f"the run wrote no such file: it ended as {self.status['status']}",
                allowed=f"the files that {self.paths.status_path.name} names",
                fix="name another run, or run this one so that it writes the file",
            )
        if unfit := misfits(self.paths, {name: digests[name]}):
            raise self._unfit(path, *unfit)
        return path

    def _digests(self) -> dict[str, str]:
        """The digest of each file that the run wrote."""
        status = self.status
        if "files" in status:
            return dict(status["files"])
        if status["status"] == "running":
            raise DataError.of(
                "RUN_DIR",
                self.paths.run_dir,
                problem="the run has not ended: it lasts still, or it was cut off",
                allowed="runs that have ended",
                fix="wait for its end, or type its command again",
            )
        raise DataError.of(
            "RUN_DIR",
            self.paths.run_dir,
            problem="an earlier version wrote this run, without digests: nothing says whether its files "
            "are still what was written",
            allowed=f"runs whose {self.paths.status_path.name} names their files",
            fix=self._rerun,
        )

    def _unfit(self, path: Path, misfit: str) -> DataError:
        return DataError.of(
            "RUN_DIR",
            path,
            problem=f"{misfit} since the run ended" if misfit.endswith("changed") else misfit,
            allowed=f"files as the run wrote them; {self.paths.status_path.name} holds their digests",
            fix="put back what was written, or type the command of the run again",
        )

    @property
    def _rerun(self) -> str:
        return f"python -m anomalog_exp rerun {shlex.quote(str(self.paths.run_dir))}"


def read_run(run_dir: Path | str) -> StoredRun:
    """The run in a dir.

    Raises:
        FileNotFoundError: the dir holds no run.
    """
    paths = ResultPaths.in_dir(Path(run_dir))
    if not paths.status_path.is_file():
        raise FileNotFoundError(f"{run_dir} holds no run: it has no {paths.status_path.name}")
    return StoredRun(paths)


def read_config(path: Path) -> RunConfig:
    """The config in a `config.yaml`.

    Raises:
        ConfigError: it is no YAML, or this version cannot run what it says.
    """
    try:
        values = read_yaml(path)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _no_config(path, f"it is no YAML ({_in_a_line(error)})") from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise _no_config(path, "it is no mapping of keys to values")
    try:
        return RunConfig.of(values)
    except ConfigError as error:
        raise ConfigError(f"{path} cannot be run by this version\n{error}") from error


def _no_config(path: Path, problem: str) -> DataError:
    return DataError.of(
        path.name,
        path,
        problem=problem,
        allowed="a config as a run writes it",
        fix="put the file back, or type the command of the run again",
    )


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())
