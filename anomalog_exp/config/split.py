"""Which sequences train and which are scored (config group `split`)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anomalog_exp.config.base import Count, Fraction, Options
from anomalog_exp.errors import ConfigError

__all__ = [
    "ChronologicalSplitConfig",
    "FractionSplitConfig",
    "NormalOnlySplitConfig",
    "PredefinedSplitConfig",
    "RawEntryPrefixCountSplitConfig",
    "RawEntryPrefixFractionSplitConfig",
    "RawEntryPrefixNormalFractionSplitConfig",
    "RawEntrySplitConfig",
    "SplitApplicationOrder",
    "SplitConfig",
    "StraddlingGroupPolicy",
]


class FractionSplitConfig(Options):
    """A training prefix and a test suffix of the sequences in order."""

    train_fraction: Fraction = Field(description="share of the sequences, from the first on")
    test_fraction: Fraction = Field(description="share of the sequences, up to the last")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        # Exact decimals: 0.7 + 0.3 is 1, whatever binary floats make of it.
        total = Decimal(str(self.train_fraction)) + Decimal(str(self.test_fraction))
        if total > 1:
            raise ConfigError.of(
                "split.train_fraction, split.test_fraction",
                f"{self.train_fraction} and {self.test_fraction}",
                problem=f"together they take {total} of the sequences",
                allowed="a sum of at most 1",
                fix="lower one of them; what neither takes is ignored",
            )
        return self


class ChronologicalSplitConfig(FractionSplitConfig):
    """Train on the first sequences, whatever their label."""

    name: Literal["chronological"]


class NormalOnlySplitConfig(FractionSplitConfig):
    """Train on the first normal sequences, as DeepLog does."""

    name: Literal["normal_only"]


class SplitApplicationOrder(StrEnum):
    """When a split of raw entries is made, relative to grouping."""

    BEFORE_GROUPING = "before_grouping"
    AFTER_GROUPING = "after_grouping"


class StraddlingGroupPolicy(StrEnum):
    """What becomes of a group whose rows fall on both sides of the cutoff."""

    SPLIT_PARTIAL_SEQUENCES = "split_partial_sequences"
    ASSIGN_BY_FIRST_EVENT = "assign_by_first_event"
    ASSIGN_BY_LAST_EVENT = "assign_by_last_event"
    DROP_STRADDLERS = "drop_straddlers"


class RawEntrySplitConfig(Options):
    """A training prefix of rows; the rest is tested."""

    application_order: SplitApplicationOrder = Field(
        strict=False, description="rows before they are grouped, or whole groups in their order"
    )
    straddling_group_policy: StraddlingGroupPolicy = Field(
        strict=False, description="for groups on both sides, before_grouping only"
    )


class RawEntryPrefixCountSplitConfig(RawEntrySplitConfig):
    """Train on the first n rows."""

    name: Literal["prefix_count"]
    train_entry_count: Count = Field(description="rows that train")


class RawEntryPrefixFractionSplitConfig(RawEntrySplitConfig):
    """Train on the first ceil(p * rows) rows."""

    name: Literal["prefix_fraction"]
    train_entry_fraction: Fraction = Field(description="share of the rows that trains")


class RawEntryPrefixNormalFractionSplitConfig(RawEntrySplitConfig):
    """Train on the first ceil(p * normal rows) normal rows; anomalous ones on the way are ignored."""

    name: Literal["prefix_normal_fraction"]
    train_normal_entry_fraction: Fraction = Field(
        description="share of the normal rows that trains"
    )


class PredefinedSplitConfig(Options):
    """The source says which session belongs to which split."""

    name: Literal["predefined"]


SplitConfig = Annotated[
    ChronologicalSplitConfig
    | NormalOnlySplitConfig
    | RawEntryPrefixCountSplitConfig
    | RawEntryPrefixFractionSplitConfig
    | RawEntryPrefixNormalFractionSplitConfig
    | PredefinedSplitConfig,
    Field(discriminator="name"),
]
