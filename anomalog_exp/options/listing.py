"""Open groups: options that are found by listing, so that adding one edits no other file.

A detector, parser or template miner is two files: a module that holds one `Options` subclass named
`Config`, and a YAML of the same name in the group's folder, whose `name:` key says which module it
configures. Further YAML files may configure the same module differently (a preset). Both lie in the
package or in a plugin's folder.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from importlib.util import find_spec
from typing import Any

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.options.extras import extra_named
from anomalog_exp.options.groups import OPEN_GROUPS, conf_dir, module_in
from anomalog_exp.options.mistakes import did_you_mean, no_option
from anomalog_exp.options.names import option_names
from anomalog_exp.options.plugins import plugin_module

__all__ = ["OPEN_GROUPS", "conf_dir", "open_option", "option_class", "option_names", "option_type"]


def option_type(group: str, name: str) -> type[Options]:
    """The `Config` class of one module of an open group, whose packages are installed.

    Raises:
        KeyError: no module of that name, or one that is no option.
        ConfigError: it needs a package that an extra brings, and that is not installed; or it is a
            plugin's and cannot be imported.
        ModuleNotFoundError: it needs one that no extra brings.
    """
    with extra_named(group.replace("/", "."), name):
        option = option_class(group, name)
        # Said when the config is read: a log may take minutes before anything is built.
        for package in option.packages:
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return option


def option_class(group: str, name: str) -> type[Options]:
    """The same class, whether or not the packages that it builds with are installed."""
    if not name.isidentifier():  # it would lead to a module in another place
        raise KeyError(name)
    module = plugin_module(group, name)
    if module is None:
        return _shipped(OPEN_GROUPS[group], name)
    return _plugged(module, group)


def _shipped(package: str, name: str) -> type[Options]:
    module = module_in(package, name)
    try:
        option: type[Options] = importlib.import_module(module).Config
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            raise KeyError(name) from error
        raise
    except AttributeError as error:
        # A module that stands beside the options and is none: "base".
        if error.name == "Config" and getattr(error.obj, "__name__", None) == module:
            raise KeyError(name) from error
        raise
    return option


def _plugged(module: str, group: str) -> type[Options]:
    key = f"{group.replace('/', '.')}.name"
    try:
        if module not in sys.modules:
            importlib.invalidate_caches()  # the file may be younger than the last look at its folder
        imported = importlib.import_module(module)
    except Exception as error:
        raise ConfigError.of(
            key,
            _place(error, module),
            problem=f"this plugin cannot be imported: {type(error).__name__}: {error}",
            allowed="a module that Python can import, with packages that are installed",
            fix="mend the file there; `python -m anomalog_exp check FOLDER` tries all of them",
        ) from error
    option = getattr(imported, "Config", None)
    if not (isinstance(option, type) and issubclass(option, Options)):
        raise ConfigError.of(
            key,
            imported.__file__,
            problem="this plugin has no class named Config with its options",
            allowed=f"a subclass of {OPEN_GROUPS[group].rpartition('.')[2]}' config class",
            fix="write one, as the modules of the package have it",
        )
    return option


def _place(error: Exception, module: str) -> str:
    """File and line of what raised: of the plugin itself, or of what it called."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    folder = sys.modules[module.partition(".")[0]].__path__[0]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)] or frames
    return f"{own[-1].filename}, line {own[-1].lineno}"


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
        names = option_names(group)
        raise ConfigError.of(
            f"{key}.name",
            name,
            problem="there is no such option",
            allowed=", ".join(names),
            fix=did_you_mean(str(name), names, f"choose one, as in {group}=<option>"),
        ) from error
