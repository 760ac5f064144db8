"""Labels of events that do not come from the parser."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.reading.label_reader import CSVLabelReaderConfig
from anomalog_exp.data.reading.placed_labels import PlacedLabels
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.errors import DataError

__all__ = ["check_labels", "placed_labels"]

_LOG = logging.getLogger(__name__)


def placed_labels(dataset: DatasetVariantConfig, raw: RawFiles) -> PlacedLabels | None:
    """Labels by lines or times, if the data set has a reader of such.

    Raises:
        DataError: they cannot be read.
    """
    reader = dataset.label_reader
    return None if reader is None else reader.build().placed(raw.root)


def check_labels(dataset: DatasetVariantConfig, counts: Mapping[str, int]) -> None:
    """Make sure that labels of events have reached events.

    Raises:
        DataError: not one event is labelled.
    """
    reader = dataset.label_reader
    if reader is None or isinstance(reader, CSVLabelReaderConfig):
        return
    given = reader.model_dump(mode="json", exclude_none=True)
    described = ", ".join(f"{key}={value}" for key, value in given.items())
    if not counts["events_labelled"]:
        raise DataError.of(
            "dataset.label_reader",
            described,
            problem=f"it labels none of {counts['rows']:,} events",
            allowed="labels that some event has",
            fix="time_ranges needs a time_format that reads the times; field needs normal_values or "
            "anomalous_values with the words that the log has",
        )
    if not counts["events_anomalous"]:
        _LOG.warning("dataset.label_reader labels no event anomalous: %s", described)
