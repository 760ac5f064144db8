"""Which sequences train and which are scored (config group `split`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anomalog_exp.config.base import Fraction, Options
from anomalog_exp.errors import ConfigError

__all__ = [
    "ChronologicalSplitConfig",
    "FractionSplitConfig",
    "NormalOnlySplitConfig",
    "SplitConfig",
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


SplitConfig = Annotated[
    ChronologicalSplitConfig | NormalOnlySplitConfig, Field(discriminator="name")
]
