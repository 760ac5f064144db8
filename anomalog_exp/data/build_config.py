"""Who parses a log while its columns are built (`dataset.build`); columns do not depend on it.

So an option that does nothing for a data set changes no result, and a sweep over data sets may set it
for those where it does something: it costs a notice, and no error.
"""

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

    def without_effect(self, reads: Literal["lines", "sessions"]) -> str | None:
        """What of it does nothing while a data set is built, and why; None where all of it does.

        Args:
            reads: What the parser of the data set reads.
        """
        engine = f"dataset.build.engine={self.engine}"
        if self.engine == "ray" and reads == "sessions":
            return f"{engine} does nothing here: Ray parses logs of lines, not session files"
        joins = self.address != "local"
        only_for_ray = {
            f"shards={self.shards}": self.shards is not None,
            f"address={self.address}": joins,
            f"workers={self.workers}": self.workers is not None,
        }
        asked = [f"dataset.build.{option}" for option, is_asked in only_for_ray.items() if is_asked]
        if self.engine == "local" and asked:
            return f"{', '.join(asked)} without effect: {engine} uses threads of this process"
        if joins and self.workers is not None:
            return f"{asked[-1]} without effect: the cluster at {self.address} has its own"
        return None
