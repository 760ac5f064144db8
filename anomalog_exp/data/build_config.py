"""Who parses a log while its columns are built (`dataset.build`); columns do not depend on it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from anomalog_exp.options.base import Count, Options

__all__ = ["BuildConfig"]


class BuildConfig(Options):
    """Who parses a log; never part of a fingerprint or of a key of the cache."""

    engine: Literal["local", "ray"] = Field(description="threads of this process, or tasks of Ray")
    shards: Count | None = Field(description="tasks of Ray; null = by size")
    address: str = Field(min_length=1, description="of Ray: local, auto or HOST:PORT")
    workers: Count | None = Field(
        description="processes, where Ray is started here; null = one for each core"
    )
