"""The config of any split, chosen by its `name` (config group `split`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from anomalog_exp.sequences.splits.all import AllSplitConfig
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig
from anomalog_exp.sequences.splits.fractions import ChronologicalSplitConfig, NormalOnlySplitConfig
from anomalog_exp.sequences.splits.only_tested import OnlyTestedSplitConfig
from anomalog_exp.sequences.splits.predefined import PredefinedSplitConfig
from anomalog_exp.sequences.splits.raw_entries import (
    RawEntryPrefixCountSplitConfig,
    RawEntryPrefixFractionSplitConfig,
    RawEntryPrefixNormalFractionSplitConfig,
)
from anomalog_exp.sequences.splits.shuffled import RandomNormalSplitConfig, RandomSplitConfig

__all__ = ["SplitConfig"]

SplitConfig = Annotated[
    ChronologicalSplitConfig
    | NormalOnlySplitConfig
    | RawEntryPrefixCountSplitConfig
    | RawEntryPrefixFractionSplitConfig
    | RawEntryPrefixNormalFractionSplitConfig
    | RandomSplitConfig
    | RandomNormalSplitConfig
    | PredefinedSplitConfig
    | AllSplitConfig
    | ByFileSplitConfig
    | OnlyTestedSplitConfig,
    Field(discriminator="name"),
]
