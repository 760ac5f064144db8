"""A log that paths name, as commands take it: what it is, and how a run names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from anomalog_exp.commands._folder_logs import logs_of_folders
from anomalog_exp.commands._usage import CommandParser
from anomalog_exp.config.compose import swept_keys
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.recognised import recognised
from anomalog_exp.config.suggested import override_value
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.piped import is_pipe
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.plural import how_many
from anomalog_exp.progress import Progress

__all__ = [
    "DATA_FOLDER",
    "NamedLog",
    "is_override",
    "key_of",
    "named_and_overrides",
    "named_log",
    "not_replaced",
    "others_in_words",
    "paths_and_overrides",
    "plugins_override",
    "recognised_log",
    "rereadable",
    "without_multirun",
]

DATA_FOLDER: Final = "custom"
"""Of copies below paths.data_dir: that of dataset=custom, which then finds them."""

_SHOWN: Final = 5
_MULTIRUN: Final = ("-m", "--multirun")

_OVERRIDE: Final = re.compile(r"(?:\+\+?|~)?[\w/@.]+(?:=|$)")


class NamedLog(NamedTuple):
    """A log as it is named on a command line.

    Attributes:
        paths: As `dataset.source.path` takes them.
        others: Files of text in folders that are named, which are not named as logs and are left out.
    """

    paths: list[Path]
    others: list[Path]


def named_log(paths: Sequence[Path]) -> NamedLog:
    """The log that some paths name: a folder of several logs is all of them, as of several services."""
    found = [logs_of_folders(path) for path in paths]
    return NamedLog(
        [log for logs, _ in found for log in logs],
        [other for _, others in found for other in others],
    )


def others_in_words(others: Sequence[Path]) -> str:
    """What is said of files that are left out; empty where there are none."""
    if not others:
        return ""
    names = ", ".join(map(str, others[:_SHOWN])) + (", ..." if len(others) > _SHOWN else "")
    return (
        f"{how_many(len(others), 'file', 'are not named as logs')}: {names}. Name them, too, to have "
        "them read."
    )


def paths_and_overrides(
    parser: CommandParser, paths: Sequence[str], rest: Sequence[str]
) -> tuple[NamedLog, list[str]]:
    """The log and the overrides among the arguments of a command, in whatever order they stand.

    Args:
        parser: Of the command.
        paths: What it took as paths.
        rest: What it did not know.

    Raises:
        ConfigError: an argument is neither, or there is no log.
    """
    named, typed = named_and_overrides(parser, paths, rest)
    log = named_log(named)
    if not log.paths:
        parser.error("the log is missing")
    return log, typed


def named_and_overrides(
    parser: CommandParser, paths: Sequence[str], rest: Sequence[str]
) -> tuple[list[Path], list[str]]:
    """The paths and the overrides among the arguments of a command, as `paths_and_overrides` takes them.

    Raises:
        ConfigError: an argument is neither.
    """
    given = [*paths, *rest]
    typed = [one for one in given if is_override(one)]
    given, rest = (without_multirun(parser, one, typed) for one in (given, rest))
    if unknown := [one for one in rest if not is_override(one)]:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return [Path(one) for one in given if one not in typed], typed


def without_multirun(
    parser: CommandParser, given: Sequence[str], typed: Sequence[str]
) -> list[str]:
    """The arguments without `-m`, which is needless where several values make a sweep by themselves.

    Raises:
        ConfigError: it is there, and no key has several values.
    """
    flags = [one for one in given if one in _MULTIRUN]
    if flags and not _swept(typed):
        parser.error(f"{flags[0]} is for several values of a key, and no key has several")
    return [one for one in given if one not in flags]


def _swept(overrides: Sequence[str]) -> bool:
    """Whether a key has several values.

    Raises:
        ConfigError: an override cannot be read.
    """
    try:
        return bool(swept_keys(overrides))
    except COMPOSING_ERRORS as error:
        raise explained(error, overrides) from error


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
    source = LocalDirSource(tuple(paths), None, config.paths.data_dir / DATA_FOLDER)
    miner: TemplateMinerConfig | None = config.template if templates else None
    return recognised(source.materialise(Progress()), miner)


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
