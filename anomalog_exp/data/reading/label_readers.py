"""The readers of labels by name: `{name: lines, relative_path: bad_lines.txt}`."""

from __future__ import annotations

from typing import Any, Final

from anomalog_exp.data.reading.label_reader import CSVLabelReaderConfig, LabelReaderConfig
from anomalog_exp.data.reading.line_labels import FieldLabelsConfig, PatternLabelsConfig
from anomalog_exp.data.reading.placed_label_readers import LineLabelsConfig, TimeRangeLabelsConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import did_you_mean

__all__ = ["LABEL_READERS", "AnyLabelReader", "label_reader_config"]

AnyLabelReader = (
    LineLabelsConfig
    | PatternLabelsConfig
    | TimeRangeLabelsConfig
    | FieldLabelsConfig
    | CSVLabelReaderConfig
)

_KEY: Final = "dataset.label_reader"
LABEL_READERS: Final[dict[str, type[LabelReaderConfig]]] = {
    "entities": CSVLabelReaderConfig,
    "lines": LineLabelsConfig,
    "pattern": PatternLabelsConfig,
    "time_ranges": TimeRangeLabelsConfig,
    "field": FieldLabelsConfig,
}
"""Name -> its config; a mapping without a name labels entities, as before there were others."""


def label_reader_config(values: Any) -> Any:
    """The typed config of a mapping; what is no mapping comes back as it is.

    Raises:
        ConfigError: there is no reader of its name, or its keys do not fit.
    """
    if not isinstance(values, dict):
        return values
    name = values.get("name", "entities")
    if not isinstance(name, str) or name not in LABEL_READERS:
        raise ConfigError.of(
            f"{_KEY}.name",
            name,
            problem="labels are not read in this way",
            allowed=", ".join(LABEL_READERS),
            fix=did_you_mean(str(name), LABEL_READERS, "choose one of them"),
        )
    return LABEL_READERS[name].of(values, _KEY)
