"""What `bundle.json` says, as types: reading and grouping, what trained, and its files."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, SerializeAsAny, field_validator

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import FolderName, Options
from anomalog_exp.options.listing import open_option
from anomalog_exp.sequences.groupings.any import SequenceConfig

__all__ = ["MANIFEST", "BundleManifest", "KeptFile", "LogReading", "Trained"]

MANIFEST: Final = "bundle.json"


class LogReading(Options):
    """How the lines of the log were read: what of `dataset` is true of another log, too."""

    name: FolderName
    dataset_name: FolderName
    structured_parser: SerializeAsAny[ParserConfig]
    template_parser: str
    evaluation_unit: EvaluationUnit | None = Field(strict=False)
    max_unparsed_fraction: float = Field(ge=0, le=1)

    @field_validator("structured_parser", mode="before")
    @classmethod
    def _parser(cls, value: Any) -> Options:
        return open_option("dataset/structured_parser", value)


class Trained(Options):
    """What trained.

    Attributes:
        sequences: How many did.
        events: How many events they hold.
        halves_unknown: Share of events of its later half whose templates the earlier one lacks.
        halves_divergence: Between the templates of both; see `results/likeness.py`.
    """

    sequences: int = Field(ge=0)
    events: int = Field(ge=0)
    halves_unknown: float = Field(ge=0, le=1)
    halves_divergence: float = Field(ge=0, le=1)


class KeptFile(Options):
    """A file of the bundle."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class BundleManifest(Options):
    """What `bundle.json` says."""

    format: Literal[1]
    name: FolderName = Field(description="the run that kept it")
    fingerprint: str
    version: str = Field(description="of this package")
    scikit_learn: str = Field(description="its version, by which estimators were kept")
    dataset: LogReading
    sequence: SequenceConfig
    seed: int = Field(ge=0, le=2**32 - 1)
    trained: Trained
    files: dict[str, KeptFile]
    seal: str = Field(description="SHA-256 of all of the above: no bit of it changes unseen")
