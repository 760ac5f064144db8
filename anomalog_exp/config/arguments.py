"""The command line, put into the order that Hydra's parser takes.

Hydra 1.3 parses its flags with argparse and its overrides as one positional list, so a flag between
two overrides (`dataset=hdfs -m seed=1,2`) ends in "unrecognized arguments". Moving the flags, with
their values, to the front accepts every position and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from anomalog_exp.config.words import is_word, unknown_flag, unknown_word
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import did_you_mean

__all__ = [
    "DETACH",
    "DETACHED",
    "FLAGS",
    "FLAGS_WITH_OPTIONAL_VALUE",
    "FLAGS_WITH_VALUE",
    "flags_first",
]

FLAGS_WITH_VALUE = frozenset(
    {
        "--cfg",
        "-c",
        "--package",
        "-p",
        "--config-path",
        "-cp",
        "--config-name",
        "-cn",
        "--config-dir",
        "-cd",
        "--experimental-rerun",
    }
)
_MODES = frozenset(
    {"--run", "-r", "--multirun", "-m", "--cfg", "-c", "--info", "-i", "--shell-completion", "-sc"}
)
_SHOWS, _CONFIGS = ("--cfg", "-c"), ("job", "hydra", "all")
"""The flags that print a config, and which there are."""

FLAGS_WITH_OPTIONAL_VALUE = {
    flag: frozenset({"all", "config", "defaults", "defaults-tree", "plugins", "searchpath"})
    for flag in ("--info", "-i")
}
FLAGS = FLAGS_WITH_VALUE | _MODES | {"--help", "-h", "--hydra-help", "--version", "--resolve"}
"""All flags of Hydra."""

DETACH, DETACHED = "--detach", "hydra.launcher.detach"
"""A flag of ours, and the key that it stands for."""


def flags_first(arguments: Sequence[str]) -> list[str]:
    """The same arguments, flags and their values before the overrides, each in its own order.

    Examples:
        >>> flags_first(["dataset=hdfs", "-m", "seed=1,2", "--config-dir", "own"])
        ['-m', '--config-dir', 'own', 'dataset=hdfs', 'seed=1,2']

    Raises:
        ConfigError: there is a word or an unknown flag; or a key is given twice, of which Hydra would
            silently keep the last. `key=null` and `++key={...}` put one mapping in another's place.
    """
    flags: list[str] = []
    overrides: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if is_word(argument):
            raise unknown_word(argument, waiting)
        if argument == DETACH:
            argument = f"{DETACHED}=true"
        if not argument.startswith("-"):
            overrides.append(argument)
            continue
        if not _is_flag(argument):
            raise unknown_flag(argument, waiting, FLAGS)
        flags.append(argument)
        if argument in FLAGS_WITH_VALUE:
            if not waiting:
                raise _without_value(argument)
            flags.append(waiting.pop(0))
        elif waiting and waiting[0] in FLAGS_WITH_OPTIONAL_VALUE.get(argument, ()):
            flags.append(waiting.pop(0))
    _refuse_duplicates(overrides)
    _refuse_other_configs(flags)
    _refuse_several_modes(flags)
    return flags + overrides


def _is_flag(argument: str) -> bool:
    """Whether Hydra takes it: a flag, the beginning of a long one, a short one with its value."""
    name = argument.partition("=")[0]
    if name.startswith("--"):
        return any(flag.startswith(name) for flag in FLAGS)
    return name in FLAGS or argument.startswith(("-c", "-p"))


def _without_value(flag: str) -> ConfigError:
    return ConfigError.of(
        flag,
        "(nothing)",
        problem="a value is needed behind this flag",
        allowed=f"one of {', '.join(_CONFIGS)}" if flag in _SHOWS else f"{flag} <value>",
        fix=f"write {flag} job" if flag in _SHOWS else "add the value, or leave the flag out",
    )


def _refuse_other_configs(flags: list[str]) -> None:
    for flag, following in zip_longest(flags, flags[1:], fillvalue=""):
        name, equals, value = flag.partition("=")
        value = value if equals else following
        if name in _SHOWS and value not in _CONFIGS:
            raise ConfigError.of(
                name,
                value,
                problem="there is no such config to show",
                allowed=f"one of {', '.join(_CONFIGS)}",
                fix=did_you_mean(value, _CONFIGS, f"write {name} job"),
            )


def _refuse_several_modes(flags: list[str]) -> None:
    modes = [flag for flag in flags if flag in _MODES]
    if len(modes) > 1:
        raise ConfigError.of(
            " and ".join(modes),
            " ".join(flags),
            problem="each of them says what the command does",
            allowed=f"one of {', '.join(sorted(_MODES))}",
            fix="leave one; `--cfg job` shows a single run, so give it one value of each key",
        )


def _refuse_duplicates(overrides: list[str]) -> None:
    seen: dict[str, str] = {}
    for override in overrides:
        key = override.split("=", 1)[0].lstrip("+")
        if key in seen and not (seen[key] == f"{key}=null" and override.startswith(f"++{key}={{")):
            raise ConfigError.of(
                key.lstrip("~"),
                f"{seen[key]} and {override}",
                problem="it is given twice, and only the last would count",
                allowed="every key once; several values of one key as key=a,b with -m",
                fix=f"keep one of them, or write {key}=a,b and add -m",
            )
        seen[key] = override
