"""A data set as a YAML of the user's own: where it may stand, and what is written into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from anomalog_exp.config.suggested import allowed_unparsed
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import FolderName
from anomalog_exp.options.groups import conf_dir
from anomalog_exp.options.local_path import local_path
from anomalog_exp.options.names import option_files

__all__ = ["Place", "dataset_yaml", "place_of", "refuse_to_overwrite"]

_KEY = "--write"
_ABOUT = {
    "regex": "What a line looks like: each name in angle brackets is a field.",
    "time_format": "How times are written.",
    "year": "The times have no year; this is that of the first line.",
    "entity_field": "What ties lines together.",
    "entity_pattern": "What ties lines together, found in the message.",
    "multiline": "What begins a record; other lines belong to the one before them.",
    "separator": "What stands between fields.",
}
"""Key of a parser -> what it says in the file."""


@dataclass(frozen=True)
class Place:
    """Where a data set of the user's is kept.

    Attributes:
        file: The YAML.
        name: What it is chosen by.
        plugin: The folder to name as a plugin; None where it stands beside the options that ship.
    """

    file: Path
    name: str
    plugin: Path | None


def place_of(written: Path) -> Place:
    """The place that a path means.

    Raises:
        ConfigError: no data set can stand there, or its name is taken.
    """
    file = local_path(written, _KEY)
    if file.parts[-3:-1] != ("conf", "dataset") or file.suffix != ".yaml" or not _is_name(file):
        raise ConfigError.of(
            _KEY,
            written,
            problem="no data set is looked for there",
            allowed="conf/dataset/NAME.yaml of a checkout, or FOLDER/conf/dataset/NAME.yaml of a folder "
            "of your own",
            fix=f"write --write my_logs/conf/dataset/{written.stem or 'mine'}.yaml",
        )
    other = option_files("dataset").get(file.stem)
    if other is not None and other.resolve() != file.resolve():
        raise ConfigError.of(
            _KEY,
            written,
            problem=f"there is a data set of this name already: {other}",
            allowed="a name that no option has",
            fix="choose another name for the file",
        )
    home = file.parent.parent
    return Place(file, file.stem, None if home.resolve() == conf_dir() else home.parent)


def _is_name(file: Path) -> bool:
    try:
        TypeAdapter(FolderName).validate_python(file.stem)
    except ValidationError:
        return False
    return " " not in file.stem


def refuse_to_overwrite(file: Path) -> None:
    """Make sure that no file is lost.

    Raises:
        ConfigError: there is one.
    """
    if file.exists():
        raise ConfigError.of(
            _KEY,
            file,
            problem="there is such a file",
            allowed="a file that does not exist yet",
            fix="choose another name, or overwrite it with --force",
        )


def dataset_yaml(name: str, found: Recognition) -> str:
    """The text of a data set that reads a recognised log."""
    paths = [str(Path(one.path).absolute()) for one in found.inputs]
    log = found.inputs[0].name + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
    return "\n".join(
        [
            f"# {log}, as `python -m anomalog_exp inspect` recognised it.",
            "defaults:",
            "  - /_dataset@_here_",
            "  - source: local_dir",
            f"  - structured_parser: {found.parser.option}",
            "  - _self_",
            "",
            *_lines({"name": name}),
            "# Folder below paths.data_dir and paths.cache_dir.",
            *_lines({"dataset_name": name, "preset": name}),
            *_lines({"description": f"{log}, read as {found.format_name}."}),
            "source:",
            *_lines({"path": paths if len(paths) > 1 else paths[0]}, "  "),
            *_parser(found.parser.keys),
            *_unparsed(found),
            "",
        ]
    )


def _parser(keys: Mapping[str, Any]) -> Iterator[str]:
    if keys:
        yield "structured_parser:"
    for key, value in keys.items():
        if key in _ABOUT and value is not None:
            yield f"  # {_ABOUT[key]}"
        yield from _lines({key: value}, "  ")


def _unparsed(found: Recognition) -> Iterator[str]:
    most = allowed_unparsed(found)
    if most is not None:
        yield f"# {found.records.unparsed:.0%} of the lines that were looked at do not match."
        yield from _lines({"max_unparsed_fraction": most})


def _lines(values: Mapping[str, Any], indent: str = "") -> list[str]:
    """YAML of one key per line, texts in quotes where they need them."""
    text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=10_000)
    return [f"{indent}{line}" for line in text.splitlines()]
