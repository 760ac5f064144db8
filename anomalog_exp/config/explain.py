"""Hydra's and OmegaConf's complaints, said again in four parts and with a suggestion.

Their messages are read by shape, as neither gives structured errors; what is not recognised keeps its
first line. Hydra is pinned below 1.4, and tests hold every shape read here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from anomalog_exp.config.arguments import DETACH, DETACHED
from anomalog_exp.config.compose import compose
from anomalog_exp.config.words import is_word, unknown_word
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.options.names import group_names, option_names

__all__ = ["COMPOSING_ERRORS", "explained"]

_CHOOSE_IN_HYDRA = ("experiment", "hydra/sweeper", "hydra/launcher")

COMPOSING_ERRORS = (HydraException, OmegaConfBaseException, YAMLError)
"""What composing raises where an override or a config file is wrong."""

_NO_KEY = re.compile(r"Could not (?:override|delete from config\.) '([^']+)'")
_AMBIGUOUS = re.compile(r"Ambiguous value for argument '(.+?)=(.*)'")
_NO_MERGE = re.compile(r"Error merging override ([^=]+)=(.*)")
_NO_OPTION = re.compile(r"Could not find '([^']+)'")


def explained(error: Exception, overrides: Sequence[str]) -> ConfigError:
    """The four-part error for what composing or resolving a config raised."""
    text = str(error)
    if isinstance(error, MissingConfigException):
        return _no_such_option(error, text, overrides)
    if isinstance(error, OverrideParseException):
        if is_word(error.override):
            return unknown_word(error.override, ())
        return ConfigError.of(
            error.override.split("=", 1)[0],
            error.override,
            problem="this override cannot be read",
            allowed="key=value; a value with spaces, <, >, commas or colons stands in quotes",
            fix="quote the value inside the argument: 'key=\"the value\"'",
        )
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return ConfigError.of(
            "a config file",
            f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}",
            problem=f"it is no YAML: {error.problem}",
            allowed="YAML, as the files in conf/ show it",
            fix="mend the file there",
        )
    if isinstance(error, MissingMandatoryValue):
        return ConfigError.of(
            str(error.full_key),
            "???",
            problem="a value is needed and has no default",
            allowed="see the comment at this key in the option's YAML under conf/",
            fix=f"add {error.full_key}=... to the command",
        )
    if match := _AMBIGUOUS.search(text):
        key, value = match.groups()
        return ConfigError.of(
            key,
            value,
            problem="several values were given to a single run",
            allowed="one value; or several with -m, which runs them all",
            fix="add -m to the command",
        )
    if match := _NO_MERGE.search(text):
        key, value = match.groups()
        return ConfigError.of(
            key,
            value,
            problem=str(error.__cause__ or "the value does not fit").splitlines()[0],
            allowed="a value of the same kind as the default",
            fix=f"`python -m anomalog_exp --cfg all` prints the default of {key}",
        )
    if match := _NO_KEY.search(text):
        return _no_such_key(match.group(1), overrides)
    if isinstance(error, OmegaConfBaseException) and error.full_key:
        return ConfigError.of(
            str(error.full_key),
            "(not resolved)",
            problem=str(error.msg or text).splitlines()[0],
            allowed="a value, or ${...} that names a key or a resolver that exists",
            fix="mend the interpolation, or give the value itself",
        )
    return ConfigError.of(
        "the command's overrides",
        " ".join(overrides) or "(none)",
        problem="; ".join(filter(None, map(str.strip, text.splitlines()[:2])))
        or type(error).__name__,
        allowed="what `python -m anomalog_exp --help` lists",
        fix="mend the override that the message names",
    )


def _no_such_option(
    error: MissingConfigException, text: str, overrides: Sequence[str]
) -> ConfigError:
    match = _NO_OPTION.search(text)
    path = match.group(1) if match else str(error.missing_cfg_file)
    group, _, option = path.rpartition("/")
    # What a group shares stands beside config.yaml, under a name that is no choice.
    names = sorted(name for name in error.options or [] if not name.startswith("_"))
    typed = next((one for one in _above(group) if _chosen(one, path, overrides)), group)
    if typed != group:  # as experiment=tune/markov names an option of experiment/tune
        inner = group.removeprefix(f"{typed}/")
        below = [one for one in group_names() if one.startswith(f"{typed}/")]
        names = [
            f"{one.removeprefix(f'{typed}/')}/{name}"
            for one in ([group] if group in below else below)
            for name in option_names(one)
        ]
        group, option = typed, f"{inner}/{option}"
    return ConfigError.of(
        group or "--config-name",
        option,
        problem="there is no such option",
        allowed=", ".join(names) or "the files in the config folders",
        fix=did_you_mean(option, names, f"choose one, as in {group}=<option>")
        if group
        else "leave it out, or name the folder of your file by --config-dir",
    )


def _chosen(group: str, path: str, overrides: Sequence[str]) -> bool:
    """Whether an option, `path` below the config folders, was typed as one of this group."""
    option = path.removeprefix(f"{group}/")
    return any(_names(o, group) and option in o.partition("=")[2].split(",") for o in overrides)


def _above(group: str) -> list[str]:
    """A group and those that hold it, itself first."""
    parts = group.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _no_such_key(key: str, overrides: Sequence[str]) -> ConfigError:
    value = next((o.split("=", 1)[1] for o in overrides if _names(o, key)), "(see the command)")
    if key in group_names():  # it exists, but nothing that is chosen has a place for it
        above = key.partition("/")[0]
        return ConfigError.of(
            key,
            value,
            problem=f"the {above} that is chosen leaves nothing to choose here",
            allowed=f"{key} beside another option of {above}",
            fix=f"choose that, too, as in {above}=custom"
            if above == "dataset"
            else f"leave it out, or choose another {above}",
        )
    if key == DETACHED:
        return ConfigError.of(
            DETACH,
            value,
            problem="members of this sweep end with the command",
            allowed="hydra/launcher=slurm, whose jobs go on without it",
            fix="add hydra/launcher=slurm and -m, or leave it out",
        )
    keys = _keys_of_hydra(overrides) if key.startswith("hydra.") else _keys(overrides)
    parent = key.rpartition(".")[0]
    if key in keys:  # Hydra says so of a key inside the mapping that is given
        inside = [name.rpartition(".")[2] for name in keys if name.rpartition(".")[0] == key]
        return ConfigError.of(
            key,
            value,
            problem="another mapping stands there, and the keys of both would be mixed",
            allowed=f"keys of that mapping ({', '.join(inside)}), or null and then another mapping",
            fix=f"take the old one away first: {key}=null {shlex.quote(f'++{key}={value}')}",
        )
    siblings = [
        n.rpartition(".")[2] for n in keys if n.rpartition(".")[0] == parent and "/" not in n
    ]
    return ConfigError.of(
        key,
        value,
        problem="there is no such key",
        allowed=", ".join(name for name in siblings if not name.startswith("_"))
        or "what `python -m anomalog_exp --cfg job` prints",
        fix=did_you_mean(key, keys, "`python -m anomalog_exp --cfg job` prints every key"),
    )


def _names(override: str, key: str) -> bool:
    return "=" in override and override.split("=", 1)[0].lstrip("+~") == key


def _keys(overrides: Sequence[str]) -> list[str]:
    """Keys and groups of the config that the command's group choices alone would compose."""
    groups = group_names()
    choices = [o for o in overrides if o.split("=", 1)[0] in groups and "," not in o]
    choices += [o for o in overrides if o.split("=", 1)[0] == "plugins"]
    try:
        composed = compose(choices)
    except COMPOSING_ERRORS:
        composed = compose()
    return sorted({*groups, *_dotted(composed)})


def _keys_of_hydra(overrides: Sequence[str]) -> list[str]:
    """Keys below `hydra` that the command's experiment, sweeper and launcher alone would give."""
    choices = [o for o in overrides if o.partition("=")[0] in _CHOOSE_IN_HYDRA and "," not in o]
    try:
        composed = compose(choices, with_hydra=True)
    except COMPOSING_ERRORS:
        composed = compose(with_hydra=True)
    return [f"hydra.{key}" for key in _dotted(composed.hydra)]


def _dotted(config: DictConfig, prefix: str = "") -> list[str]:
    plain: Any = OmegaConf.to_container(config, resolve=False)
    dotted: list[str] = []

    def walk(node: Any, path: str) -> None:
        for name, child in node.items():
            dotted.append(f"{path}{name}")
            if isinstance(child, dict):
                walk(child, f"{path}{name}.")

    walk(plain, prefix)
    return dotted
