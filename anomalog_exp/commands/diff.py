"""What changed in a log: compares files before with files after, and shows the first ten changes.

  python -m anomalog_exp diff yesterday.log -- today.log
  python -m anomalog_exp diff healthy1 healthy2 healthy3 -- faulty
  python -m anomalog_exp diff 'runs/healthy*' -- runs/faulty --top 3 --json

Before and after `--` stand files, folders with all logs below them, and patterns. A folder is one run,
as of a system with a file for each service. Three runs or more before say how much healthy runs differ;
where there are fewer, blocks of each run are compared. Behind the paths stand overrides of a run, which
win over what is chosen here. With --fail-on-change it ends with 3 where a change passes the test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Final

from anomalog_exp.commands._chosen_run import chosen_run
from anomalog_exp.commands._compared_files import ComparedFiles, compared_files
from anomalog_exp.commands._diff_text import diff_text
from anomalog_exp.commands._log import (
    is_override,
    key_of,
    not_replaced,
    others_in_words,
    plugins_override,
    recognised_log,
    without_multirun,
)
from anomalog_exp.commands._one_format import files_not_read
from anomalog_exp.commands._short_sides import grouping_of_sides
from anomalog_exp.commands._usage import CommandParser, use_plugins_named, whole_number
from anomalog_exp.config.suggested import override_value, parser_overrides
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.options.plugins import plugin_folders
from anomalog_exp.results import read_run

__all__ = ["main"]

_CHOSEN: Final = ("model=ensemble", "tracking=none")


def main(arguments: Sequence[str]) -> int:
    """Compare, print; the exit code."""
    parser = CommandParser(
        __name__,
        "BEFORE [BEFORE ...] -- AFTER [AFTER ...] [--top N] [--json] [--fail-on-change] "
        "[--plugins FOLDER ...] [KEY=VALUE ...]",
    )
    parser.add_argument("--top", type=whole_number, default=10, metavar="N", help="changes; 10")
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")
    parser.add_argument(
        "--fail-on-change", action="store_true", help="end with 3 where a change passes the test"
    )
    parser.takes_plugins()
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options, before = parser.parse_known_args(list(arguments[:cut]))
    options, after = parser.parse_known_args(list(arguments[cut + 1 :]), options)
    typed = [one for one in (*before, *after) if is_override(one)]
    before, after = (
        [one for one in without_multirun(parser, side, typed) if one not in typed]
        for side in (before, after)
    )
    if unknown := [one for one in (*before, *after) if one.startswith("--")]:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if not before or not after:
        parser.error("what is before --, or what is after it, is missing: BEFORE -- AFTER")
    use_plugins_named(options.plugins)
    compared = compared_files(before, after)
    found = recognised_log(compared.files, plugins_override(plugin_folders()), templates=False)
    lost = [] if _says_format(typed) else files_not_read(found, compared.files)
    names = {os.path.realpath(one.path): one.name for one in found.inputs}
    overrides = _overrides(found, compared, compared.patterns(names), typed)
    ended = chosen_run(overrides)
    if isinstance(ended, int):
        return ended
    result, command = ended
    stored = read_run(result.run_dir)
    changes = stored.changes
    assert changes is not None
    if options.json:
        print(json.dumps(changes | {"run_dir": result.run_dir, "command": command}, indent=2))
    else:
        shown = diff_text(
            stored,
            changes,
            format_name=found.format_name,
            top=options.top,
            lost=lost,
            others=others_in_words(compared.others),
        )
        print(f"{shown}\ncommand  {command}")
    return ExitCode.FOUND if options.fail_on_change and changes["passing"] else ExitCode.DONE


def _overrides(
    found: Recognition,
    compared: ComparedFiles,
    patterns: tuple[list[str], list[str]],
    typed: Sequence[str],
) -> list[str]:
    """Those of the run that compares."""
    format_of_lines = parser_overrides(found)
    if found.with_fields:
        format_of_lines.append(f"template.with_fields={override_value(found.with_fields)}")
    chosen = [
        "dataset=custom",
        f"dataset.source.path={override_value(compared.paths)}",
        *([] if _says_format(typed) else format_of_lines),
        *grouping_of_sides(found, compared),
        "split=by_file",
        *(
            f"split.{key}={override_value(side)}"
            for key, side in zip(("train", "test"), patterns, strict=True)
        ),
        *_CHOSEN,
    ]
    return [*plugins_override(plugin_folders()), *not_replaced(chosen, typed), *typed]


def _says_format(typed: Sequence[str]) -> bool:
    """Whether what was typed says what lines look like."""
    return any(key_of(one) in ("dataset", "dataset.structured_parser") for one in typed)
