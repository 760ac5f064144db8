"""The detectors, data sets and other options to choose from, with a line on each.

  python -m anomalog_exp list                 the kinds of options, and how each is chosen
  python -m anomalog_exp list detectors       with what each learns from, and the extra it needs
  python -m anomalog_exp list datasets --plugins FOLDER

What is printed stands at the top of each option's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_type_hints

from anomalog_exp.commands._about import about_module, about_yaml, module_of
from anomalog_exp.commands._usage import CommandParser, use_plugins_named
from anomalog_exp.commands.experiments import experiments
from anomalog_exp.config.words import command_files
from anomalog_exp.detection.contract import Detector
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.extras import extra_of
from anomalog_exp.options.listing import option_class
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.options.names import option_files
from anomalog_exp.text_table import text_table

__all__ = ["GROUPS", "main"]

GROUPS = {
    "detectors": "model",
    "datasets": "dataset",
    "sources": "dataset/source",
    "parsers": "dataset/structured_parser",
    "miners": "template",
    "groupings": "sequence",
    "splits": "split",
    "decisions": "model/decision",
    "experiments": "experiment",
}
"""What people call the options of a group -> the group."""

_COMMANDS, _ABOUT = "commands", "what it is"


def main(arguments: Sequence[str]) -> int:
    """Print one table; the exit code."""
    parser = CommandParser(__name__, f"[{'|'.join([*GROUPS, _COMMANDS])}] [--plugins FOLDER ...]")
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="what to list; all kinds without it"
    )
    parser.takes_plugins()
    options = parser.parse_args(arguments)
    use_plugins_named(options.plugins)
    print(_kinds() if options.kind is None else _listed(_kind(options.kind)))
    return 0


def _kind(word: str) -> str:
    """The kind that a word means: itself, or that of a group."""
    by_group = {group: kind for kind, group in GROUPS.items()}
    kind = by_group.get(word, word)
    if kind in (*GROUPS, _COMMANDS):
        return kind
    raise ConfigError.of(
        "what to list",
        word,
        problem="there is no such kind of options",
        allowed=", ".join((*GROUPS, _COMMANDS)),
        fix=did_you_mean(word, [*GROUPS, _COMMANDS], "choose one of them"),
    )


def _listed(kind: str) -> str:
    rows: list[dict[str, str | None]]
    if kind == _COMMANDS:
        rows = [{"command": name, _ABOUT: about_module(f)} for name, f in command_files().items()]
    elif kind == "experiments":
        rows = [{"experiment=": one.name, _ABOUT: one.description} for one in experiments()]
    else:
        files = option_files(GROUPS[kind])
        chosen = f"{GROUPS[kind]}="
        rows = [
            {
                chosen: name,
                **(_learning(file) if kind == "detectors" else {}),
                _ABOUT: about_yaml(file),
            }
            for name, file in files.items()
        ]
    return text_table(rows, list(rows[0]))


def _kinds() -> str:
    rows = [
        {"list": kind, "number": len(option_files(group)), "chosen by": f"{group}=<option>"}
        for kind, group in GROUPS.items()
    ]
    rows.append({"list": _COMMANDS, "number": len(command_files()), "chosen by": "the first word"})
    return text_table(rows, ["list", "number", "chosen by"])


def _learning(file: Path) -> dict[str, str | None]:
    """What a detector learns from, and the extra that brings its packages."""
    config: Any = option_class("model", module_of("model", file))
    extras = {extra_of(package) or package for package in config.packages}
    built = get_type_hints(config.build_detector).get("return")
    learns = None
    if isinstance(built, type) and issubclass(built, Detector) and built is not Detector:
        learns = "both" if built.supervised else built.learns_from
    return {"learns from": learns, "extra": ", ".join(sorted(extras)) or None}
