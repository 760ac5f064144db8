"""A log that paths name, as commands take it: what it is, and how a run names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.recognised import recognised
from anomalog_exp.config.suggested import override_value
from anomalog_exp.data.recognition.reading import read
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.recognition.sample import sampled
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.piped import is_pipe
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = [
    "files_not_read",
    "is_override",
    "key_of",
    "not_replaced",
    "plugins_override",
    "recognised_log",
    "rereadable",
]

_FOLDER = "custom"
"""Of copies below paths.data_dir: that of dataset=custom, which then finds them."""

_OVERRIDE: Final = re.compile(r"(?:\+\+?|~)?[\w/@.]+(?:=|$)")
_GLANCE: Final = 1 << 16
_FEWEST_RECORDS: Final = 0.05
_FEWEST_LINES: Final = 0.5
_MOST_LOST: Final = 0.02
_SHOWN: Final = 10


def recognised_log(
    paths: Sequence[Path], overrides: Sequence[str] = (), *, templates: bool = True
) -> Recognition:
    """What a log is.

    Args:
        paths: As `dataset.source.path` takes them.
        overrides: Of the run, which may put data elsewhere or choose a miner.
        templates: Mine templates of the sample, too.

    Raises:
        ConfigError: it is not there, it is no text, or it has no lines.
    """
    config = load_run_config(overrides)
    source = LocalDirSource(tuple(paths), None, config.paths.data_dir / _FOLDER)
    miner: TemplateMinerConfig | None = config.template if templates else None
    return recognised(source.materialise(Progress()), miner)


def files_not_read(found: Recognition, paths: Sequence[Path]) -> list[str]:
    """Names of files that the format of the others does not read; empty ones fit any.

    Raises:
        DataError: they hold more than some lines of the log.
    """
    config = load_run_config()
    source = LocalDirSource(tuple(paths), None, config.paths.data_dir / _FOLDER)
    option, lost, seen = found.parser.option, 0, 0
    others = []
    for one in source.materialise(Progress()).inputs:
        lines = sampled((one,), _GLANCE).lines
        reading = read(found.parser.config, lines)
        size = one.path.stat().st_size
        seen += size
        fewest = _FEWEST_LINES if reading.records is None else _FEWEST_RECORDS
        if len(reading.lines) and reading.matched.sum() < fewest * len(reading.lines):
            others.append(one.name)
            lost += size
    if lost > _MOST_LOST * seen:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        raise DataError.of(
            "BEFORE and AFTER",
            ", ".join(others[:_SHOWN]) + more,
            problem=f"these files are not written as the others, which are read as {option}",
            allowed="files of one format in one comparison",
            fix="compare the files of each format by themselves, or take every line as its message: "
            "dataset/structured_parser=custom",
        )
    return others


def rereadable(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths by which a run can read the log again: none where one is a pipe, which was copied."""
    return () if any(map(is_pipe, paths)) else paths


def plugins_override(folders: Sequence[Path]) -> list[str]:
    """The override that names folders of plugins; none where there are none."""
    return [f"plugins={override_value([*map(str, folders)])}"] if folders else []


def not_replaced(chosen: Sequence[str], typed: Sequence[str]) -> list[str]:
    """The chosen overrides but those of whose key, or whole group, something else was typed."""
    keys = [key_of(one) for one in typed]
    return [
        one
        for one in chosen
        if not any(key_of(one) == key or key_of(one).startswith(f"{key}.") for key in keys)
    ]


def is_override(argument: str) -> bool:
    """Whether an argument is an override, and no file that is called like one."""
    return bool(_OVERRIDE.match(argument)) and "=" in argument and not Path(argument).exists()


def key_of(override: str) -> str:
    """The key of an override, with points: `dataset.source` of `dataset/source=local_dir`."""
    return override.lstrip("+~").partition("=")[0].partition("@")[0].replace("/", ".")
