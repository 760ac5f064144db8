"""Plugins on the command line: where Hydra finds their YAML files, and paths that reach every worker.

The folders must be known before anything is composed, so they are read from the overrides themselves,
or else from the environment. They go back as absolute paths: a worker of any launcher composes its
config from the same overrides and the same search path, in whichever directory it stands, and finds the
modules by the config's `plugins`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from anomalog_exp.config.choices import refuse_odd_values
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.plugins import environment_plugins, plugin_folders, use_plugins

__all__ = ["PluginSearchPath", "quoted", "with_plugins"]

_KEY = "plugins"


class PluginSearchPath(SearchPathPlugin):
    """Puts the conf/ of the plugins in use behind that of the package."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in plugin_folders():
            if (folder / "conf").is_dir():
                search_path.append(provider="plugins", path=str(folder / "conf"))


def with_plugins(overrides: Sequence[str]) -> list[str]:
    """The same overrides with absolute paths of plugins, which are in use from now on.

    Raises:
        ConfigError: a folder holds no options, or an option of a name that is taken; or a value is one
            that Hydra breaks at.
        HydraException: the override cannot be read.
    """
    refuse_odd_values(overrides)
    typed = [one for one in overrides if one.split("=", 1)[0].lstrip("+") == _KEY]
    named = _folders(typed[-1]) if typed else environment_plugins()
    folders = use_plugins(named)
    if not folders and not typed:
        return list(overrides)
    Plugins.instance().register(PluginSearchPath)
    value = ",".join(quoted(str(folder)) for folder in folders)
    return [*(one for one in overrides if one not in typed), f"{_KEY}=[{value}]"]


def quoted(value: str) -> str:
    """A value in the grammar of overrides, where a backslash is one unless a quote follows."""
    doubled = re.sub(r"(\\+)(?='|$)", r"\1\1", value)
    return "'" + doubled.replace("'", "\\'") + "'"


def _folders(override: str) -> list[Path]:
    parsed = OverridesParser.create().parse_override(override)
    value: Any = parsed.value()
    texts = [value] if isinstance(value, str) else value or []
    are_texts = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    if parsed.is_sweep_override() or not are_texts:
        raise ConfigError.of(
            _KEY,
            override,
            problem="these are no folders",
            allowed="a list of folders, the same for all runs of a sweep",
            fix=f"write {_KEY}=[FOLDER] or {_KEY}=[FOLDER,FOLDER]",
        )
    return [Path(text) for text in texts]
