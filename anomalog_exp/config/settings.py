"""Settings of a run besides its data and its detector: evaluation, places, tracking, sweeps."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from anomalog_exp.config.tracking_address import TrackingAddress
from anomalog_exp.metric_terms import MetricScope, Objective
from anomalog_exp.options.base import AbsolutePath, Count, FolderName, Options

__all__ = [
    "BundleConfig",
    "EvaluationConfig",
    "MlflowTrackingConfig",
    "NoTrackingConfig",
    "PathsConfig",
    "ReportConfig",
    "SearchConfig",
    "SweepConfig",
    "TrackingConfig",
]


class BundleConfig(Options):
    """What an earlier run has kept of its training, and what judges instead of a detector to fit."""

    path: AbsolutePath = Field(description="its folder")
    digest: str = Field(description="SHA-256 of the list of its files, which names its content")


class EvaluationConfig(Options):
    """How results are measured."""

    primary_scope: MetricScope | None = Field(
        strict=False, description="the scope that leads; null = by unit"
    )
    bootstrap_samples: int = Field(ge=0, description="resamples for intervals; 0 gives none")
    next_event_vocabulary: Literal["full", "train"] = Field(
        description="templates that next-event prediction is asked about"
    )
    top_k: Annotated[tuple[Count, ...], Field(strict=False, min_length=1)] = Field(
        description="numbers of candidates that may hold the next event"
    )


class PathsConfig(Options):
    """Where things are kept on this machine; never part of a fingerprint."""

    data_dir: AbsolutePath
    cache_dir: AbsolutePath
    output_dir: AbsolutePath


class MlflowTrackingConfig(Options):
    """Mirror every run to MLflow: to a local store, or to a team's server."""

    name: Literal["mlflow"]
    # No record of a config, and no `repr` of one, shows its secrets.
    uri: TrackingAddress = Field(
        repr=False, description="the address of a server or a database; null = `store`"
    )
    store: AbsolutePath = Field(description="the SQLite file")
    artifacts: AbsolutePath = Field(description="the folder of artifacts")
    experiment_name: FolderName = Field(description="its name, and that of its folder of artifacts")
    log_model: bool = Field(description="also log what a run has learned as a model of MLflow")


class NoTrackingConfig(Options):
    """Run dirs only."""

    name: Literal["none"]


TrackingConfig = Annotated[MlflowTrackingConfig | NoTrackingConfig, Field(discriminator="name")]


_ONE_OR_SEVERAL = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)

FigureFormats = Annotated[tuple[Literal["svg", "png"], ...], Field(strict=False), _ONE_OR_SEVERAL]
"""Formats of files; one may stand by itself."""

Keys = Annotated[tuple[str, ...], Field(strict=False), _ONE_OR_SEVERAL]
"""Dotted keys; one may stand by itself."""


class ReportConfig(Options):
    """What is drawn of a run or a sweep when it ends."""

    page: bool = Field(description="write report.html")
    figures: FigureFormats = Field(description="also write figures/ with a file of each figure")


class SearchConfig(Options):
    """How `hydra/sweeper=optuna` searches; what it searches is `hydra.sweeper.params`."""

    n_trials: Count = Field(description="trials in all")
    n_jobs: Count | None = Field(description="trials at once; null = by the launcher")
    sampler: Literal["tpe", "random"] = Field(description="how values are chosen")
    seed: int = Field(ge=0, le=2**32 - 1, description="of the sampler")
    objective: Objective = Field(strict=False, description="figure of the validation part to raise")


class SweepConfig(Options):
    """How a sweep runs and what its table shows; it fills in `dir` and `objective` for its members."""

    added_since: ClassVar[dict[str, Any]] = {"objective": None}

    summarize: Keys = Field(description="keys whose values repeat a configuration, such as seed")
    summary: Literal["mean", "median"] = Field(
        description="mean and standard deviation, or median and range"
    )
    fail_fast: bool = Field(description="stop the whole sweep at the first failed member")
    dir: AbsolutePath | None = Field(description="where the sweep's table and records are")
    objective: Objective | None = Field(
        strict=False, description="figure of the validation part that members are ranked by"
    )
