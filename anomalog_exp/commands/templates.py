"""How good templates are: with a truth by four figures, without one by a score and by what looks wrong.

  python -m anomalog_exp templates loghub_2k/HDFS loghub_2k/BGL
  python -m anomalog_exp templates loghub_2k/* template=drain,spell
  python -m anomalog_exp templates app.log template.masking=general,none
  python -m anomalog_exp templates dataset=hdfs

A folder with a truth is laid out as in LogHub: `*_structured.csv` (hand-made), or
`*_structured_corrected.csv` (corrected), or both, which are two rows; a folder of such folders stands
for them. All other paths are one log together, as `inspect` takes them; up to 64 MB of it are read.
Without a path the data set that is chosen is judged.

Beside the paths, or behind --, stand overrides of `template`, and for a log of `dataset`. Several values
of a key give a row each. Columns: true templates, those that were found exactly, mined ones, distinct
masked messages; GA, PA, FGA and FTA with a truth, PMSS without; seconds of mining. docs/templates.md
says what they mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anomalog_exp.commands._judged import Judged, judged, means
from anomalog_exp.commands._judged_logs import (
    JudgedLog,
    log_of,
    logs_with_truth,
    reading_overrides,
    refuse_folders_of_nothing,
    with_typed,
)
from anomalog_exp.commands._judged_text import figures_table, findings_text, notes
from anomalog_exp.commands._log import key_of, named_and_overrides, named_log, others_in_words
from anomalog_exp.commands._usage import (
    CommandParser,
    before_and_after_dashes,
    use_plugins_named,
    whole_number,
)
from anomalog_exp.config.arguments import flags_first
from anomalog_exp.config.compose import sweep_members, swept_keys
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.load import load_run_config
from anomalog_exp.data.templates.truth import folders_with_truth
from anomalog_exp.errors import ConfigError
from anomalog_exp.results.members import told

__all__ = ["main"]

_SHOWN: Final = 5
_ROOMS: Final = ("template", "plugins")
_ROOMS_OF_LOG: Final = (*_ROOMS, "dataset", "paths")


@dataclass(frozen=True)
class _Choice:
    """A configuration: its name beside others, and its overrides."""

    name: str
    overrides: list[str]


def main(arguments: Sequence[str]) -> int:
    """Print the figures, and what is wrong or may be; the exit code."""
    usage = "[FOLDER_OR_LOG ...] [--top N] [--json] [--plugins FOLDER ...] [KEY=VALUE ...]"
    parser = CommandParser(__name__, usage)
    parser.add_argument("paths", nargs="*", metavar="FOLDER_OR_LOG", help="with a truth, or a log")
    parser.add_argument(
        "--top",
        type=whole_number,
        metavar="N",
        help=f"wrong templates to show of each kind; {_SHOWN} of one log by one configuration, else 0",
    )
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")
    parser.takes_plugins()
    own, behind = before_and_after_dashes(arguments)
    options, rest = parser.parse_known_args(own)
    named, beside = named_and_overrides(parser, options.paths, rest)
    overrides = [*beside, *behind]
    use_plugins_named(options.plugins)
    folders = [folder for path in named for folder in folders_with_truth(path)]
    paths = [path for path in named if not folders_with_truth(path)]
    refuse_folders_of_nothing(paths)
    log = named_log(paths)
    if not named and "dataset" not in map(key_of, overrides):
        parser.error("the log is missing")
    _refuse_other_keys(overrides, _ROOMS if named and not paths else _ROOMS_OF_LOG)
    choices = _choices(overrides)
    alone = len(folders) + bool(paths) <= 1 and len(choices) == 1
    top = options.top if options.top is not None else _SHOWN * alone
    rows = [*_of_folders(folders, choices, top)]
    if paths or not folders:
        rows += _of_logs(log.paths, choices, top)
    if options.json:
        shown = {
            "rows": [row.as_json() for row in rows],
            "means": [m.as_json() for m in means(rows)],
        }
        print(json.dumps(shown, indent=2))
        return 0
    print(figures_table([*rows, *means(rows)]))
    not_read = [f"not read: {others_in_words(log.others)}"] if log.others else []
    if below := [*notes(rows), *not_read]:
        print("", *below, sep="\n")
    for row in rows:
        if findings := findings_text(row, top):
            print(f"\n{findings}")
    return 0


def _choices(overrides: Sequence[str]) -> list[_Choice]:
    """The configurations that overrides mean, as Hydra takes several values of a key."""
    try:
        members = sweep_members(flags_first(overrides))
        swept = [key for key in swept_keys(overrides) if key != "dataset"]
    except COMPOSING_ERRORS as error:
        raise explained(error, overrides) from error
    found: dict[str, _Choice] = {}
    for member in members:
        settings = dict(one.lstrip("+").split("=", 1) for one in member if "=" in one)
        name = " · ".join(told(key, settings[key]) for key in swept if key in settings)
        found.setdefault(" ".join(member), _Choice(name, member))
    return list(found.values())


def _of_folders(folders: Sequence[Path], choices: Sequence[_Choice], top: int) -> Iterator[Judged]:
    if not folders:
        return
    configs = [load_run_config(choice.overrides).template for choice in choices]
    for log in logs_with_truth(folders):
        for choice, config in zip(choices, configs, strict=True):
            yield judged(log, choice.name, config, top)


def _of_logs(paths: Sequence[Path], choices: Sequence[_Choice], top: int) -> Iterator[Judged]:
    """The log that paths name, or the data set of each choice."""
    reading = reading_overrides(paths, choices[0].overrides) if paths else []
    configs = [load_run_config(with_typed(reading, choice.overrides)) for choice in choices]
    name = paths[0].name if paths else None
    if len(paths) > 1:
        name = f"{name} and {len(paths) - 1} more"
    read: dict[str, JudgedLog] = {}
    for choice, config in zip(choices, configs, strict=True):
        key = config.dataset.model_dump_json()
        if key not in read:
            read[key] = log_of(config, name or config.dataset.name)
        yield judged(read[key], choice.name, config.template, top)


def _refuse_other_keys(overrides: Sequence[str], rooms: Sequence[str]) -> None:
    for override in overrides:
        key = key_of(override)
        if key.partition(".")[0] not in rooms:
            raise ConfigError.of(
                key,
                override,
                problem="it changes nothing about the templates of this",
                allowed=f"keys of {', '.join(rooms)}",
                fix="leave it out",
            )
