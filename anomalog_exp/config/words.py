"""What to answer to a word or a flag that means nothing where it stands, by what was probably meant.

The command line takes commands, Hydra's flags and `key=value`. Whoever comes from another program types
`model markov`, `--model markov`, `run` or a data set's name: each gets the words that would have worked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.groups import conf_dir, package_dir
from anomalog_exp.options.mistakes import did_you_mean, nearest
from anomalog_exp.options.names import group_names, option_names
from anomalog_exp.options.yaml_file import read_yaml

__all__ = ["command_files", "is_word", "unknown_flag", "unknown_word"]

_NEEDLESS = ("run", "train", "fit", "start", "evaluate", "test")
"""Words that other programs want before they do anything."""


def command_files() -> dict[str, Path]:
    """Name -> module file of every command, sorted; those that begin with `_` are none."""
    files = sorted(package_dir("anomalog_exp.commands").glob("[!_]*.py"))
    return {path.stem: path for path in files}


def is_word(argument: str) -> bool:
    """Whether an argument is a plain word: no override, no deletion of a key, no flag."""
    return bool(argument) and "=" not in argument and argument[0] not in "-+~"


def unknown_word(word: str, following: Sequence[str]) -> ConfigError:
    """The answer to a plain word that is no command, or that stands where none is expected.

    Args:
        word: What was typed.
        following: What was typed behind it.
    """
    commands = list(command_files())
    return ConfigError.of(
        "a word of the command",
        word,
        problem="it is neither a command nor key=value",
        allowed=f"a command as the first word: {', '.join(commands)}; otherwise key=value, as in "
        "model=markov",
        fix=_meant(word, following, commands),
    )


def unknown_flag(flag: str, following: Sequence[str], flags: Iterable[str]) -> ConfigError:
    """The answer to an argument with dashes that Hydra does not know.

    Args:
        flag: What was typed.
        following: What was typed behind it.
        flags: Those that exist.
    """
    long = sorted(one for one in flags if one.startswith("--"))
    name, _, value = flag.lstrip("-").partition("=")
    value = value or next((one for one in following[:1] if is_word(one)), "<value>")
    groups = group_names()
    if name in groups or name.partition(".")[0] in (*groups, *_keys()):
        fix = f"write {name}={value}"
    else:
        fix = did_you_mean(flag, long, f"keys have no dashes: {name}={value}")
    return ConfigError.of(
        flag,
        flag,
        problem="there is no such flag",
        allowed=f"{', '.join(long)}; keys are written key=value",
        fix=fix,
    )


def _meant(word: str, following: Sequence[str], commands: Sequence[str]) -> str:
    """What would have worked instead of a word."""
    rest = [one for one in following if one != "="]
    command = nearest(word, commands)
    # A detector is meant, and not the search of its options: experiment/tune has one of each name.
    groups = sorted(group_names(), key=lambda group: group.count("/"))
    homes = {name: group for group in reversed(groups) for name in option_names(group)}
    if word in commands:
        return f"put it first: python -m anomalog_exp {word} ..."
    if option := _option(word, rest):
        return f"write {option}"
    if word in homes:
        return f"write {homes[word]}={word}"
    if word in _NEEDLESS:
        return f"leave it out, a run needs none: python -m anomalog_exp {' '.join(rest)}".rstrip()
    if command:
        return f"did you mean {command!r}?"
    if word in group_names():
        return f"write {word}=<option>"
    if Path(word).exists():
        return f"write dataset=custom dataset.source.path={word}"
    if name := nearest(word, homes):
        return f"did you mean {homes[name]}={name}?"
    return "`python -m anomalog_exp help` says what each command does"


def _option(word: str, rest: Sequence[str]) -> str | None:
    """`key=value` where the word is a key, or a group and the next word nearly an option of it."""
    if word in group_names():
        value = nearest(rest[0], option_names(word)) if rest else None
    else:
        value = next(iter(rest), "<value>") if word in _keys() else None
    return f"{word}={value}" if value else None


def _keys() -> list[str]:
    """Keys of the root config."""
    root = read_yaml(conf_dir() / "config.yaml")
    return [key for key in root if key != "defaults"]
