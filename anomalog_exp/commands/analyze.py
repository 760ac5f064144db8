"""What is odd in a log: reads it, whatever its format, judges all of it, and shows the top findings.

  python -m anomalog_exp analyze app.log
  python -m anomalog_exp analyze 'logs/*.log' --top 10
  python -m anomalog_exp analyze app.log sequence=line model=ensemble,rare_event

A path is a file, a folder of logs, a pattern, or - for standard input. Behind the paths stand overrides
of a run, which win over what is chosen here; several values of a key make a sweep, with -m or without.
`inspect` says what is known of a log before it is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.commands._analysis import analysis_text
from anomalog_exp.commands._chosen_run import chosen_run
from anomalog_exp.commands._log import (
    key_of,
    not_replaced,
    others_in_words,
    paths_and_overrides,
    plugins_override,
    recognised_log,
    rereadable,
)
from anomalog_exp.commands._usage import CommandParser, use_plugins_named, whole_number
from anomalog_exp.config.suggested import override_value, overrides_of, time_windows_of
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.options.plugins import plugin_folders
from anomalog_exp.results import read_run

__all__ = ["chosen_overrides", "main"]

_CHOSEN: Final = ("split=all", "model=ensemble", "tracking=none")
"""Nothing is known of the log, so all of it trains and is judged; nobody compares a first look."""

_DATASET: Final = "dataset"
_TIME: Final = "sequence=time"


def main(arguments: Sequence[str]) -> int:
    """Analyse, print; the exit code."""
    usage = "PATH [PATH ...] [--top N] [--plugins FOLDER ...] [KEY=VALUE ...]"
    parser = CommandParser(__name__, usage)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the log")
    parser.add_argument(
        "--top", type=whole_number, default=5, metavar="N", help="findings to show; 5"
    )
    parser.takes_plugins()
    options, rest = parser.parse_known_args(arguments)
    log, typed = paths_and_overrides(parser, options.paths, rest)
    use_plugins_named(options.plugins)
    found = recognised_log(log.paths, plugins_override(plugin_folders()), templates=False)
    overrides = chosen_overrides(found, log.paths, typed)
    ended = chosen_run(overrides)
    if isinstance(ended, int):
        return ended
    result, command = ended
    stored = read_run(result.run_dir)
    print(
        analysis_text(
            result,
            stored,
            format_name=found.format_name,
            top=options.top,
            command=command,
            not_read=others_in_words(log.others),
        )
    )
    return 0


def chosen_overrides(
    found: Recognition, paths: Sequence[Path], typed: Sequence[str] = ()
) -> list[str]:
    """The overrides of the run that analyses a log.

    Args:
        found: What the log is.
        paths: By which it was named.
        typed: Overrides that win over what is chosen here.
    """
    chosen = [*overrides_of(found, rereadable(paths)), *_CHOSEN]
    wins = list(typed)
    if _DATASET in map(key_of, typed):
        # Another data set says what the lines are, and not where they are.
        chosen = ["dataset/source=local_dir", *filter(_says_no_line, chosen)]
        wins = [one for one in typed if key_of(one) != _DATASET]
    kept = not_replaced(chosen, wins)
    if _TIME in typed:
        kept += _time_windows(found, typed)
    return [*plugins_override(plugin_folders()), *kept, *typed]


def _time_windows(found: Recognition, typed: Sequence[str]) -> list[str]:
    """How long windows of time are that are asked for without a word on that."""
    chosen = time_windows_of(found)
    given = [*map(key_of, typed)]
    return [f"{key}={override_value(value)}" for key, value in chosen.items() if key not in given]


def _says_no_line(chosen: str) -> bool:
    """Whether an override that is chosen tells nothing of how lines are read."""
    key = key_of(chosen)
    return key == f"{_DATASET}.source.path" or key.partition(".")[0] not in (_DATASET, "template")
