"""RunConfig: everything that one run is, typed, frozen, validated once at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, field_validator

from anomalog_exp.config.base import AbsolutePath, Count, Names, Options
from anomalog_exp.config.dataset import DatasetVariantConfig
from anomalog_exp.config.options import open_option
from anomalog_exp.config.sequence import SequenceConfig
from anomalog_exp.config.split import SplitConfig
from anomalog_exp.vocabulary import MetricScope

if TYPE_CHECKING:
    from anomalog_exp.data.miners.base import TemplateMinerConfig
    from anomalog_exp.models.contract import ExperimentModelConfig
else:
    # Open groups: their classes are found by name when a config is read.
    TemplateMinerConfig = ExperimentModelConfig = Options

__all__ = [
    "EvaluationConfig",
    "MlflowTrackingConfig",
    "NoTrackingConfig",
    "PathsConfig",
    "RunConfig",
    "SweepConfig",
    "TrackingConfig",
]


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
    """Mirror every run to a local MLflow store."""

    name: Literal["mlflow"]
    store: AbsolutePath = Field(description="the SQLite file")
    artifacts: AbsolutePath = Field(description="the folder of artifacts")
    experiment_name: str = Field(min_length=1)


class NoTrackingConfig(Options):
    """Run dirs only."""

    name: Literal["none"]


TrackingConfig = Annotated[MlflowTrackingConfig | NoTrackingConfig, Field(discriminator="name")]


class SweepConfig(Options):
    """What a member knows of the sweep it runs in; a sweep fills in all but `fail_fast`."""

    fail_fast: bool = Field(description="stop the whole sweep at the first failed member")
    dir: AbsolutePath | None = Field(description="where the sweep's table and records are")


class RunConfig(Options):
    """One run."""

    name: str = Field(pattern=r"^\w[\w.-]*$", description="folder name of the run's results")
    experiment_name: str | None
    description: str | None
    groups: Names = Field(description="names to select and filter runs by")
    seed: int = Field(ge=0, le=2**32 - 1)
    force: bool
    write_predictions: bool
    dataset: DatasetVariantConfig
    sequence: SequenceConfig
    split: SplitConfig
    template: SerializeAsAny[TemplateMinerConfig]
    model: SerializeAsAny[ExperimentModelConfig]
    evaluation: EvaluationConfig
    paths: PathsConfig
    tracking: TrackingConfig
    sweep: SweepConfig

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in _TAKEN:
            raise ValueError(
                f"any name but {', '.join(_TAKEN)}, whose folders stand beside the runs"
            )
        return name

    @field_validator("template", mode="before")
    @classmethod
    def _template(cls, value: Any) -> Options:
        return open_option("template", value)

    @field_validator("model", mode="before")
    @classmethod
    def _model(cls, value: Any) -> Options:
        return open_option("model", value)

    def identity(self) -> dict[str, Any]:
        """What decides the result, JSON-ready: the fingerprint is taken of this and nothing else."""
        whole = self.model_dump(mode="json")
        decisive = {key: whole[key] for key in _DECISIVE}
        for key in ("description", "cache_paths", "archive"):
            del decisive["dataset"][key]
        return decisive


_TAKEN = ("mlflow", "sweeps")
_DECISIVE = ("dataset", "sequence", "split", "template", "model", "seed", "evaluation")
