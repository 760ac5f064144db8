"""How events become sequences (config group `sequence`). The words are those of the manual."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from anomalog_exp.config.base import Count, Options
from anomalog_exp.errors import ConfigError

if TYPE_CHECKING:
    from anomalog_exp.config.split import SplitConfig
    from anomalog_exp.data.dataset import LogDataset
    from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "ChronologicalStreamSequenceConfig",
    "EntitySequenceConfig",
    "FixedSequenceConfig",
    "FixedWindowBasis",
    "LabelSource",
    "SequenceConfig",
    "SequenceConfigBase",
    "TimeSequenceConfig",
]


class FixedWindowBasis(StrEnum):
    """What fixed windows count."""

    STRUCTURED_ROWS = "structured_rows"
    RAW_POSITIONS = "raw_positions"


LabelSource = Literal["any", "events", "entities"]
"""Which labels decide that a sequence is anomalous; `any`: events where they exist, else entities."""


class SequenceConfigBase(Options):
    """Base of the groupings."""

    label_from: LabelSource = Field(description="which labels a sequence inherits")

    def apply(self, dataset: LogDataset, split: SplitConfig) -> SequenceSet:
        """Group the events of `dataset` and assign the sequences to splits."""
        from anomalog_exp.sequences.build import build_sequences

        return build_sequences(dataset, self, split)


class EntitySequenceConfig(SequenceConfigBase):
    """One session per entity, whole or cut into windows of its events."""

    name: Literal["entity"]
    window_size: Count | None = Field(description="events per window; null keeps the whole session")
    step: Count | None = Field(description="events between window starts; null = window_size")
    continuous_context: bool = Field(description="model state carries over between the windows")

    @model_validator(mode="after")
    def _no_event_is_skipped(self) -> Self:
        if self.step is not None and self.step > (self.window_size or 0):
            raise ConfigError.of(
                "sequence.step",
                self.step,
                problem="windows this far apart would skip events of a session",
                allowed="null without a window_size"
                if self.window_size is None
                else f"null, or 1 to window_size ({self.window_size})",
                fix="lower sequence.step, or set sequence.window_size at least as large",
            )
        return self


class FixedSequenceConfig(SequenceConfigBase):
    """Windows of a fixed number of rows over the whole log."""

    name: Literal["fixed"]
    window_size: Count = Field(description="rows, or raw lines, per window")
    step: Count | None = Field(description="the same between window starts; null = window_size")
    window_basis: FixedWindowBasis = Field(strict=False, description="what is counted")
    window_alignment_offset: int = Field(ge=0, description="rows or lines before the first window")


class TimeSequenceConfig(SequenceConfigBase):
    """Windows of a fixed duration, in order of time."""

    name: Literal["time"]
    time_span_ms: Count = Field(description="milliseconds per window")
    step: Count | None = Field(description="milliseconds between window starts; null = the span")


class ChronologicalStreamSequenceConfig(SequenceConfigBase):
    """The whole log as one stream, cut into chunks only to be handled."""

    name: Literal["stream"]
    chunk_size: Count = Field(description="rows per chunk; the last one may be shorter")
    continuous_context: bool = Field(description="model state carries over between the chunks")


SequenceConfig = Annotated[
    EntitySequenceConfig
    | FixedSequenceConfig
    | TimeSequenceConfig
    | ChronologicalStreamSequenceConfig,
    Field(discriminator="name"),
]
