"""Open groups: options that are found by listing, so that adding one edits no other file.

A detector, parser or template miner is two files: a module that holds one `Options` subclass named
`Config`, and a YAML of the same name in the group's folder, whose `name:` key says which module it
configures. Further YAML files may configure the same module differently (a preset).
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.util import find_spec
from typing import Any

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.options.extras import extra_named
from anomalog_exp.options.groups import OPEN_GROUPS, conf_dir, option_names
from anomalog_exp.options.mistakes import did_you_mean, no_option

__all__ = ["OPEN_GROUPS", "conf_dir", "open_option", "option_names", "option_type"]


@cache
def option_type(group: str, name: str) -> type[Options]:
    """The `Config` class of one module of an open group.

    Raises:
        KeyError: no module of that name, or one that is no option.
        ConfigError: it needs a package that an extra brings, and that is not installed.
        ModuleNotFoundError: it needs one that no extra brings.
    """
    module = f"{OPEN_GROUPS[group]}.{name}"
    try:
        with extra_named(group.replace("/", "."), name):
            found = importlib.import_module(module).Config
            # Told when the config is read: a log may take minutes before anything is built.
            for package in found.packages:
                if find_spec(package) is None:
                    raise ModuleNotFoundError(f"No module named {package!r}", name=package)
            return found
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            raise KeyError(name) from error
        raise
    except AttributeError as error:
        # A module that stands beside the options and is none: "contract".
        if error.name == "Config" and getattr(error.obj, "__name__", None) == module:
            raise KeyError(name) from error
        raise


def open_option(group: str, value: Any) -> Options:
    """The typed config of one option of an open group, from its plain values.

    Raises:
        ConfigError: no such option, or its values do not fit.
    """
    if isinstance(value, Options):
        return value
    key = group.replace("/", ".")
    if not isinstance(value, dict):
        raise no_option(key, value)
    name = value.get("name")
    try:
        return option_type(group, str(name)).of(value, key)
    except KeyError as error:
        known = option_names(group)
        raise ConfigError.of(
            f"{key}.name",
            name,
            problem="there is no such option",
            allowed=", ".join(known),
            fix=did_you_mean(str(name), list(known), f"choose one, as in {group}=<option>"),
        ) from error
