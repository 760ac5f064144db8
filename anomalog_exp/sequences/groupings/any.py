"""The config of any grouping, chosen by its `name` (config group `sequence`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig
from anomalog_exp.sequences.groupings.line import LineSequenceConfig
from anomalog_exp.sequences.groupings.stream import ChronologicalStreamSequenceConfig
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig

__all__ = ["SequenceConfig"]

SequenceConfig = Annotated[
    EntitySequenceConfig
    | FixedSequenceConfig
    | LineSequenceConfig
    | TimeSequenceConfig
    | ChronologicalStreamSequenceConfig,
    Field(discriminator="name"),
]
