"""Labels of events that do not come from the parser."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.reading.label_reader import CSVLabelReaderConfig, LabelReaderConfig
from anomalog_exp.data.reading.placed_labels import PlacedLabels
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.errors import DataError

__all__ = ["check_labels", "placed_labels"]

_LOG = logging.getLogger(__name__)
_SHOWN: Final = 5


def placed_labels(dataset: DatasetVariantConfig, raw: RawFiles) -> PlacedLabels | None:
    """Labels by lines or times, if the data set has a reader of such.

    Raises:
        DataError: they cannot be read.
    """
    reader = dataset.label_reader
    return None if reader is None else reader.build().placed(raw.root)


def check_labels(
    dataset: DatasetVariantConfig, counts: Mapping[str, int], placed: PlacedLabels | None
) -> None:
    """Make sure that labels of events have reached events.

    Args:
        dataset: What is read and how.
        counts: Of its lines and events.
        placed: Labels by lines or times.

    Raises:
        DataError: not one event is labelled, or lines are labelled that the log does not have.
    """
    reader = dataset.label_reader
    if reader is None or isinstance(reader, CSVLabelReaderConfig):
        return
    if placed is not None and dataset.line_range is None:
        _refuse_lines_beyond(placed, counts["lines_total"], reader)
    described = _described(reader)
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
        _LOG.warning(
            "no event of %s is labelled anomalous by dataset.label_reader (%s)",
            f"{counts['rows']:,}",
            described,
        )


def _refuse_lines_beyond(placed: PlacedLabels, lines: int, reader: LabelReaderConfig) -> None:
    beyond = placed.beyond(lines)
    if not len(beyond):
        return
    first = ", ".join(str(line + 1) for line in beyond[:_SHOWN].tolist())
    more = ", ..." if len(beyond) > _SHOWN else ""
    raise DataError.of(
        "dataset.label_reader",
        _described(reader),
        problem=f"it labels lines that the log does not have: {first}{more}",
        allowed=f"numbers of lines from 1 to {lines:,}, which is how many the log has",
        fix="name the labels of this log: those of another one say nothing about its lines",
    )


def _described(reader: LabelReaderConfig) -> str:
    """The reader as it is typed."""
    given = reader.model_dump(mode="json", exclude_none=True)
    texts = {
        key: f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
        for key, value in given.items()
    }
    return ", ".join(f"{key}: {text}" for key, text in texts.items())
