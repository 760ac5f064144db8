"""Labels that stand beside the log, brought to the entities of the log.

The file is read in a thread of its own while the log is, so that it costs next to nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import UNLABELLED
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.label_reader import CSVLabelReader
from anomalog_exp.data.sources.base import RawFiles

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FileLabels", "entity_labels", "label_facts", "read_labels"]

_LOG = logging.getLogger(__name__)


class FileLabels(NamedTuple):
    """The rows of a file of labels: an entity's code among the shared categories, and its label."""

    entity: NDArray[np.int64]
    label: NDArray[np.int8]


def read_labels(
    dataset: DatasetVariantConfig, raw: RawFiles, category: pl.Categorical
) -> FileLabels | None:
    """The labels of entities that stand beside the log, if the data set has a reader of them.

    Raises:
        DataError: they cannot be read.
    """
    import polars as pl

    reader = None if dataset.label_reader is None else dataset.label_reader.build()
    if not isinstance(reader, CSVLabelReader):
        return None
    rows = reader.read(raw.root)
    codes = rows["entity"].cast(category).to_physical().cast(pl.Int64)
    return FileLabels(codes.to_numpy(), rows["label"].to_numpy())


def entity_labels(
    dataset: DatasetVariantConfig,
    raw: RawFiles,
    rows: FileLabels | None,
    entities: FirstAppearance,
    texts: pl.Series,
) -> tuple[NDArray[np.int8], int]:
    """(entities,) the label of each entity of the log, and how many labelled ones the log lacks."""
    labels = np.full(entities.size, UNLABELLED, dtype=np.int8)
    if rows is None:
        return labels, 0
    assert dataset.label_reader is not None
    reader = dataset.label_reader.build()
    assert isinstance(reader, CSVLabelReader)
    if reader.missing_label is not None:
        labels[:] = reader.missing_label
    code = entities.find(rows.entity)
    known = code >= 0
    labels[code[known]] = rows.label[known]
    if not known.any():
        _LOG.warning(
            "no entity of the log is in %s: nothing is labelled (the log has %s, ...)",
            reader.path(raw.root),
            ", ".join(texts.head(3)),
        )
    return labels, int(len(code) - known.sum())


def label_facts(labels: NDArray[np.int8]) -> dict[str, int]:
    """What the manifest says of the labels of entities."""
    return {
        "entities": len(labels),
        "entities_anomalous": int((labels == 1).sum()),
        "entities_unlabelled": int((labels == UNLABELLED).sum()),
    }
