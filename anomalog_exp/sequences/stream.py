"""The whole log as one stream in line order, in chunks; no row is left out."""

from __future__ import annotations

import numpy as np

from anomalog_exp.config.sequence import ChronologicalStreamSequenceConfig
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["group_as_stream"]


def group_as_stream(dataset: LogDataset, config: ChronologicalStreamSequenceConfig) -> Grouping:
    """Chunks of `chunk_size` rows; the last one may be shorter."""
    start = np.arange(0, dataset.n_events, config.chunk_size, dtype=np.int64)
    return Grouping(
        order=np.arange(dataset.n_events, dtype=np.int64),
        start=start,
        stop=np.minimum(start + config.chunk_size, dataset.n_events),
        unit=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        origin=np.zeros(len(start), dtype=np.int64),
        dropped_rows={},
    )
