"""What was published under an experiment's protocol: the figures that stand beside ours."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from anomalog_exp.options.base import Options

__all__ = ["Published", "PublishedFigure"]

Share = Annotated[float, Field(ge=0, le=1)]


class PublishedFigure(Options):
    """What a source says of one method.

    Keys that a source says nothing of are left out of the file.
    """

    method: str = Field(description="as the source names it")
    f1: Share | None = Field(
        description="as printed, 0 to 1; of several rounds their median or mean; null: not given"
    )
    precision: Share | None = None
    recall: Share | None = None
    f1_low: Share | None = Field(None, description="the lowest of several rounds")
    f1_high: Share | None = Field(None, description="the highest of several rounds")
    run: dict[str, Any] | None = Field(
        None,
        description="the runs that stand beside it, by keys and values as they are typed; "
        "none: no detector of ours is like it",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.f1 is None and None in (self.f1_low, self.f1_high):
            raise ValueError("an f1, or f1_low and f1_high of several rounds")
        return self


class Published(Options):
    """Figures of one source under one protocol."""

    source: str = Field(description="authors, title or venue, year")
    url: str
    table: str = Field(description="where in the source the figures stand")
    protocol: str = Field(description="what was trained and tested on what, in a sentence or two")
    differs: str = Field(description="what our experiment does otherwise")
    oracle: bool = Field(description="whether thresholds were chosen by the test labels")
    figures: Annotated[tuple[PublishedFigure, ...], Field(strict=False, min_length=1)]
