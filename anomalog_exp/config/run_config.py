"""RunConfig: everything that one run is, typed, frozen, validated once at the door."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SerializeAsAny, field_validator, model_validator

from anomalog_exp.config.published import Published
from anomalog_exp.config.settings import (
    BundleConfig,
    EvaluationConfig,
    PathsConfig,
    ReportConfig,
    SweepConfig,
    TrackingConfig,
)
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import AbsolutePath, FolderName, Names, Options
from anomalog_exp.options.listing import open_option
from anomalog_exp.options.plugins import use_plugins
from anomalog_exp.sequences.groupings.any import SequenceConfig
from anomalog_exp.sequences.splits.any import SplitConfig

__all__ = ["TAKEN_NAMES", "RunConfig"]


def _used(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Put folders to use; one that is gone since, as of an old run dir, may not have been needed."""
    use_plugins([folder for folder in folders if folder.is_dir()])
    return folders


Plugins = Annotated[tuple[AbsolutePath, ...], Field(strict=False), AfterValidator(_used)]
"""Folders of a user's own options, in use once they are read."""


class RunConfig(Options):
    """One run."""

    # First, because the options below may stand in one of them.
    plugins: Plugins
    name: FolderName = Field(description="folder name of the run's results")
    experiment_name: FolderName | None = Field(
        description="folder name of a sweep, before its digest"
    )
    experiment_version: int | None = Field(
        ge=1, description="raised where the protocol of the experiment changes"
    )
    description: str | None = Field(description="what the run is for")
    groups: Names = Field(description="names to select and filter runs by")
    published: Annotated[tuple[Published, ...], Field(strict=False)] = Field(
        description="figures of others under the same protocol, which stand beside ours"
    )
    seed: int = Field(ge=0, le=2**32 - 1)
    force: bool
    write_predictions: bool
    keep_bundle: bool
    bundle: BundleConfig | None
    dataset: DatasetVariantConfig
    sequence: SequenceConfig
    split: SplitConfig
    template: SerializeAsAny[TemplateMinerConfig]
    model: SerializeAsAny[ExperimentModelConfig]
    evaluation: EvaluationConfig
    paths: PathsConfig
    tracking: TrackingConfig
    report: ReportConfig
    sweep: SweepConfig

    @model_validator(mode="before")
    @classmethod
    def _of_an_older_run_dir(cls, values: Any) -> Any:
        # A config.yaml from before there were plugins names none; one from before there were pages has
        # no word on them, one from before there were servers names no address, and one from before
        # there were bundles has none, and no word on models.
        if not isinstance(values, dict):
            return values
        tracking = values.get("tracking")
        if isinstance(tracking, dict) and tracking.get("name") == "mlflow":
            values = values | {"tracking": {"uri": None, "log_model": False} | tracking}
        return _ADDED_SINCE | values

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in TAKEN_NAMES:
            raise ValueError(
                f"any name but {', '.join(TAKEN_NAMES)}, whose folders stand beside the runs"
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

    @model_validator(mode="after")
    def _something_judges(self) -> Self:
        if self.split.trains == (self.bundle is None):
            return self
        raise ConfigError.of(
            "bundle",
            None if self.bundle is None else self.bundle.path,
            problem=f"with split={self.split.name} this does not say what judges",
            allowed="null with a split of which something trains; a bundle with split=test_only alone",
            fix="judge a log with what a run has kept: python -m anomalog_exp score RUN_DIR PATH",
        )

    @property
    def reads_parameters(self) -> bool:
        """Whether the run reads the values in messages: its data set is built with them."""
        return self.model.reads_parameters or self.split.reads_parameters

    def identity(self) -> dict[str, Any]:
        """What decides the result, JSON-ready: the fingerprint is taken of this and nothing else."""
        whole = self.model_dump(mode="json")
        decisive = {key: whole[key] for key in _DECISIVE}
        for key in ("description", "cache_paths", "archive", "build"):
            del decisive["dataset"][key]
        if self.bundle is not None:
            decisive["bundle"] = self.bundle.digest
        return decisive


_ADDED_SINCE: dict[str, Any] = {
    "plugins": [],
    "experiment_version": None,
    "published": [],
    "report": {"page": True, "figures": []},
    "keep_bundle": True,
    "bundle": None,
}
TAKEN_NAMES = ("mlflow", "sweeps")
"""Folders beside those of runs, below paths.output_dir."""
_DECISIVE = ("dataset", "sequence", "split", "template", "model", "seed", "evaluation")
