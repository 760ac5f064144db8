"""The whole log as one stream in line order, in chunks; no row is left out."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["ChronologicalStreamSequenceConfig", "group_as_stream"]


class ChronologicalStreamSequenceConfig(SequenceConfigBase):
    """The whole log as one stream, cut into chunks only to be handled."""

    name: Literal["stream"]
    chunk_size: Count = Field(description="rows per chunk; the last one may be shorter")
    continuous_context: bool = Field(description="model state carries over between the chunks")

    def group(self, dataset: LogDataset) -> Grouping:
        return group_as_stream(dataset, self)


def group_as_stream(dataset: LogDataset, config: ChronologicalStreamSequenceConfig) -> Grouping:
    """Chunks of `chunk_size` rows; the last one may be shorter."""
    start = np.arange(0, dataset.n_events, config.chunk_size, dtype=np.int64)
    return Grouping(
        order=scratch.positions(dataset.n_events),
        start=start,
        stop=np.minimum(start + config.chunk_size, dataset.n_events),
        session=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        origin=np.zeros(len(start), dtype=np.int64) if config.continuous_context else None,
        unit=EvaluationUnit.STREAM,
        dropped_rows={},
    )
