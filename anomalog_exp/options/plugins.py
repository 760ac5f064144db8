"""Folders of a user's own options, in use beside those of the package, which nobody has to edit.

    FOLDER/models/x.py   FOLDER/conf/model/x.yaml                        a detector
    FOLDER/parsers/x.py  FOLDER/conf/dataset/structured_parser/x.yaml    a parser
    FOLDER/miners/x.py   FOLDER/conf/template/x.yaml                     a template miner
    FOLDER/conf/dataset/x.yaml, FOLDER/conf/experiment/x.yaml            a data set, an experiment

Which folders are in use is a fact of the process: those of the last config that was read. The modules of
a folder belong to a package of its own, which is named by the folder's path: two folders never share a
module, relative imports work, and `sys.path` stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.groups import OPEN_GROUPS, conf_dir, package_dir
from anomalog_exp.options.local_path import local_path

__all__ = [
    "PLUGINS_VARIABLE",
    "environment_plugins",
    "plugin_folders",
    "plugin_module",
    "plugin_sources",
    "plugins_behind",
    "use_plugins",
]

PLUGINS_VARIABLE = "ANOMALOG_PLUGINS"
"""The environment variable that names folders for every command, as PATH does."""

_PACKAGE = "anomalog_plugin_"
_in_use: list[Path] = []


def environment_plugins() -> list[Path]:
    """The folders that the environment variable names."""
    return [Path(text) for text in os.environ.get(PLUGINS_VARIABLE, "").split(os.pathsep) if text]


def plugin_folders() -> tuple[Path, ...]:
    """The folders in use, in the order in which they were named."""
    return tuple(_in_use)


def use_plugins(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Use these folders and no others; their absolute paths.

    Raises:
        ConfigError: there is no such folder, it holds no options, or one of them bears a name that is
            taken.
    """
    absolute = tuple(dict.fromkeys(local_path(folder, "plugins") for folder in folders))
    if absolute != plugin_folders():
        for folder in absolute:
            _refuse_other_folders(folder)
        _refuse_taken_names(absolute)
        _in_use[:] = absolute
    return absolute


def plugin_module(group: str, name: str) -> str | None:
    """The name to import the module of an option by; None where no folder in use holds it."""
    for folder in plugin_folders():
        if (folder / _room(group) / f"{name}.py").is_file():
            return f"{_package(folder)}.{_room(group)}.{name}"
    return None


def plugins_behind(*options: BaseModel) -> list[Path]:
    """The folders whose code makes these options, or options inside them; sorted."""
    packages = {type(one).__module__.partition(".")[0] for one in _within(options)}
    ours = sorted(name for name in packages if name.startswith(_PACKAGE))
    return [Path(sys.modules[name].__path__[0]) for name in ours]


def plugin_sources(folder: Path) -> list[Path]:
    """Every Python file of a folder but hidden ones: any of them may be imported by its options."""
    files = sorted(folder.rglob("*.py"))
    return [path for path in files if not _is_hidden(path.relative_to(folder))]


def _within(values: Iterable[Any]) -> Iterator[BaseModel]:
    """The options among some values, and those inside them."""
    for value in values:
        if isinstance(value, BaseModel):
            yield value
            yield from _within(vars(value).values())
        elif isinstance(value, dict):
            yield from _within(value.values())
        elif isinstance(value, tuple):
            yield from _within(value)


@cache
def _package(folder: Path) -> str:
    """The package that the folder's modules are imported from."""
    name = _PACKAGE + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    package = ModuleType(name, f"Options of {folder}.")
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return name


def _room(group: str) -> str:
    """The folder of a group's modules, named as in the package: `models`, `parsers`, `miners`."""
    return OPEN_GROUPS[group].rpartition(".")[2]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def _options(folder: Path) -> list[tuple[Path, Path]]:
    """Files of a folder that are options, and the place in the package that each would have."""
    conf = folder / "conf"
    yamls = sorted(conf.rglob("*.yaml"))
    places = [(path, conf_dir() / path.relative_to(conf)) for path in yamls]
    for group, package in OPEN_GROUPS.items():
        modules = sorted((folder / _room(group)).glob("[!_]*.py"))
        places += [(path, package_dir(package) / path.name) for path in modules]
    return places


def _refuse_other_folders(folder: Path) -> None:
    if _options(folder):
        return
    rooms = [_room(group) for group in OPEN_GROUPS]
    raise ConfigError.of(
        "plugins",
        folder,
        problem="it holds no options" if folder.is_dir() else "there is no such folder",
        allowed=f"a folder with conf/<group>/<name>.yaml and modules in {', '.join(rooms)}",
        fix=f"name the folder above conf/, as in plugins=[/path/to/it] or in {PLUGINS_VARIABLE}",
    )


def _refuse_taken_names(folders: Sequence[Path]) -> None:
    """A second option of one name would be one that nobody can choose."""
    owner: dict[Path, Path] = {}
    for folder in folders:
        for path, place in _options(folder):
            other = owner.setdefault(place, place if place.is_file() else path)
            if other != path:
                raise ConfigError.of(
                    "plugins",
                    path,
                    problem=f"there is an option of this name already: {other}",
                    allowed="names that neither the package nor another plugin has",
                    fix="rename the file, and the `name:` in its YAML where it has one",
                )
