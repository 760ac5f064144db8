"""What a log is, and the command that runs on it: its format, times, fields, templates and grouping.

  python -m anomalog_exp inspect app.log
  python -m anomalog_exp inspect 'logs/*.log' --json
  python -m anomalog_exp inspect app.log --write my_plugins/conf/dataset/app.yaml

A path is a file, a folder of logs, a pattern, or - for standard input. Some megabytes of it are read,
whatever its size. --write makes a data set of it, which its name chooses, below conf/dataset/ of a
checkout or of a folder of your own.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._dataset_yaml import dataset_yaml, place_of, refuse_to_overwrite
from anomalog_exp.commands._inspected import inspected_text
from anomalog_exp.commands._log import (
    named_log,
    others_in_words,
    plugins_override,
    recognised_log,
    rereadable,
)
from anomalog_exp.commands._usage import CommandParser, use_plugins_named
from anomalog_exp.config.suggested import overrides_of
from anomalog_exp.files import write_text
from anomalog_exp.options.plugins import plugin_folders

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print what the log is; the exit code."""
    usage = "PATH [PATH ...] [--json] [--write FILE [--force]] [--plugins FOLDER ...]"
    parser = CommandParser(__name__, usage)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="the log")
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="write a data set: conf/dataset/NAME.yaml, or FOLDER/conf/dataset/NAME.yaml",
    )
    parser.add_argument("--force", action="store_true", help="overwrite FILE")
    parser.takes_plugins()
    options = parser.parse_args(arguments)
    use_plugins_named(options.plugins)
    place = None if options.write is None else place_of(options.write)
    if place is not None and not options.force:
        refuse_to_overwrite(place.file)
    plugins = plugins_override(plugin_folders())
    log = named_log(options.paths)
    found = recognised_log(log.paths, plugins)
    overrides = [*plugins, *overrides_of(found, rereadable(log.paths))]
    if place is not None:
        write_text(place.file, dataset_yaml(place.name, found))
        folders = plugin_folders() if place.plugin is None else (*plugin_folders(), place.plugin)
        rest = overrides_of(found)
        kept = [one for one in rest if one.startswith(("sequence", "template."))]
        overrides = [
            *plugins_override(list(dict.fromkeys(folders))),
            f"dataset={place.name}",
            *kept,
        ]
    command = shlex.join(["python", "-m", "anomalog_exp", *overrides])
    if options.json:
        print(json.dumps(found.as_json() | {"overrides": overrides, "command": command}, indent=2))
        return 0
    print(inspected_text(found, others_in_words(log.others)))
    print(f"\nwritten    {place.file}" if place else "", f"run it     {command}", sep="\n")
    return 0
