"""The logs whose templates are judged: folders with a truth, logs of any format, and data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anomalog_exp.commands._folder_logs import logs_in
from anomalog_exp.commands._log import (
    key_of,
    not_replaced,
    plugins_override,
    recognised_log,
    rereadable,
)
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.suggested import overrides_of
from anomalog_exp.data.recognition.reading import Reading, read
from anomalog_exp.data.recognition.recognise import messages_of
from anomalog_exp.data.recognition.sample import Sample, sampled
from anomalog_exp.data.templates.truth import VERSIONS, Truth, truths_in
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.options.plugins import plugin_folders
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "JudgedLog",
    "OtherLines",
    "log_of",
    "logs_with_truth",
    "reading_overrides",
    "refuse_folders_of_nothing",
    "with_typed",
]

_BYTES: Final = 64 << 20
"""Of a log; of a larger one stretches are read, as where its format is recognised."""


_PATH: Final = "dataset.source.path"


@dataclass(frozen=True)
class OtherLines:
    """Lines of a log that are no message of their own.

    Attributes:
        continuing: They continue the record before them, and belong to its message.
        unparsed: They neither fit the parser nor continue a record.
        first: The first of these; None where there are none.
        empty: They are empty.
        without_message: They fit, and their message is empty.
    """

    continuing: int
    unparsed: int
    first: str | None
    empty: int
    without_message: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.continuing + self.unparsed + self.empty + self.without_message


@dataclass(frozen=True, eq=False)
class JudgedLog:
    """Messages that templates are mined of.

    Attributes:
        name: What it is called beside others.
        messages: (messages,) String, without nulls.
        truth: One version of its true templates; None where they are not known.
        about_lines: Of the whole log, where stretches of it were read; None where all of it was.
        other_lines: Of those that were read; None with a truth, each of whose lines is a message.
    """

    name: str
    messages: pl.Series
    truth: Truth | None
    about_lines: int | None = None
    other_lines: OtherLines | None = None


def logs_with_truth(folders: Sequence[Path]) -> Iterator[JudgedLog]:
    """Each version of the truth in each folder, one at a time: a full log takes gigabytes.

    Raises:
        DataError: a file cannot be read as true templates.
    """
    names = [folder.resolve().name for folder in folders]
    for folder, name in zip(folders, names, strict=True):
        shown = name if names.count(name) == 1 else str(folder)
        for truth in truths_in(folder):
            yield JudgedLog(shown, truth.messages, truth)


def refuse_folders_of_nothing(paths: Sequence[Path]) -> None:
    """Make sure that folders without a truth hold a log.

    Raises:
        DataError: one does not.
    """
    for path in paths:
        if path.is_dir() and not logs_in(path):
            raise DataError.of(
                "FOLDER_OR_LOG",
                path,
                problem="there are neither true templates nor a log in this folder",
                allowed=f"a folder with {' or '.join(VERSIONS.values())}, or with logs; or a file",
                fix="name another folder, or the log itself",
            )


def reading_overrides(paths: Sequence[Path], typed: Sequence[str]) -> list[str]:
    """The overrides that read a log which paths name, as its format is recognised.

    Args:
        paths: As `dataset.source.path` takes them.
        typed: Overrides, of which those of plugins count here.

    Raises:
        ConfigError: it is not there, it is no text, or it has no lines.
    """
    plugins = [one for one in typed if key_of(one) == "plugins"]
    found = recognised_log(paths, plugins or plugins_override(plugin_folders()), templates=False)
    return [one for one in overrides_of(found, rereadable(paths)) if one.startswith("dataset")]


def with_typed(reading: Sequence[str], typed: Sequence[str]) -> list[str]:
    """The overrides that read a log, and those that were typed, which win; the files stay."""
    path = [one for one in reading if key_of(one) == _PATH]
    kept = [one for one in not_replaced(reading, typed) if one not in path]
    return [*path, *kept, *typed]


def log_of(config: RunConfig, name: str, most_bytes: int = _BYTES) -> JudgedLog:
    """The log of a run's data set.

    Args:
        config: Of the run.
        name: Of the log.
        most_bytes: To read of it, about.

    Raises:
        ConfigError: its lines have no messages, or it cannot be read.
    """
    dataset = config.dataset
    if dataset.structured_parser.reads != "lines":
        raise ConfigError.of(
            "dataset",
            dataset.name,
            problem="its events are ids, of which no templates are mined",
            allowed="a log with messages",
            fix="name the log that the sessions were made of",
        )
    roots = dataset.roots(data_dir=config.paths.data_dir, cache_dir=config.paths.cache_dir)
    raw = dataset.source.build(data_root=roots.data_root).materialise(Progress())
    sample = sampled(raw.inputs, most_bytes)
    reading = read(dataset.structured_parser, sample.lines)
    messages = messages_of(reading)
    if not len(messages):
        raise DataError.of(
            "dataset.structured_parser",
            dataset.structured_parser.name,
            problem="it finds no message in the log",
            allowed="a parser that fits the lines",
            fix="leave it to `python -m anomalog_exp inspect PATH` to find one",
        )
    about_lines = None if sample.whole else sample.total_lines
    return JudgedLog(
        name, messages, None, about_lines, _other_lines(sample, reading, len(messages))
    )


def _other_lines(sample: Sample, reading: Reading, messages: int) -> OtherLines:
    missed, continuing = ~reading.matched, 0
    if reading.records is not None:
        missed &= ~reading.records.continuing
        continuing = int(reading.records.continuing.sum())
    return OtherLines(
        continuing=continuing,
        unparsed=int(missed.sum()),
        first=next(iter(reading.lines.filter(missed).head(1)), None),
        empty=int((sample.lines.str.len_bytes() == 0).sum()),
        without_message=int(reading.matched.sum()) - messages,
    )
