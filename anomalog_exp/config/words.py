"""What to answer to a word or a flag that means nothing where it stands, by what was probably meant.

The command line takes commands, Hydra's flags and `key=value`. Whoever comes from another program types
`model markov`, `--model markov`, `run` or a data set's name: each gets the words that would have worked.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import yaml

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.groups import conf_dir, package_dir
from anomalog_exp.options.names import group_names, option_names

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


def unknown_flag(flag: str, following: Sequence[str], flags: Sequence[str]) -> ConfigError:
    """The answer to an argument with dashes that Hydra does not know.

    Args:
        flag: What was typed.
        following: What was typed behind it.
        flags: Those that exist.
    """
    name, _, value = flag.lstrip("-").partition("=")
    value = value or next((one for one in following[:1] if is_word(one)), "<value>")
    near = difflib.get_close_matches(flag, flags, n=1, cutoff=0.8)
    if name.partition(".")[0] in {*_keys(), *group_names()} or name in group_names():
        fix = f"write {name}={value}"
    else:
        fix = f"did you mean {near[0]!r}?" if near else f"keys have no dashes: {name}={value}"
    return ConfigError.of(
        flag,
        flag,
        problem="there is no such flag",
        allowed=f"{', '.join(flags)}; keys are written key=value",
        fix=fix,
    )


def _meant(word: str, following: Sequence[str], commands: Sequence[str]) -> str:
    """What would have worked instead of a word."""
    rest = [one for one in following if one != "="]
    near_command = difflib.get_close_matches(word, commands, n=1, cutoff=0.6)
    if word in commands:
        return f"put it first: python -m anomalog_exp {word} ..."
    if word in group_names():
        options = option_names(word)
        value = rest[0] if rest and is_word(rest[0]) else "<option>"
        near = difflib.get_close_matches(value, options, n=1, cutoff=0.6)
        if value in options or near or not near_command:
            return f"write {word}={near[0] if near else value}"
    elif word in _keys():
        return f"write {word}={rest[0] if rest else '<value>'}"
    homes = [group for group in group_names() if word in option_names(group)]
    if homes:
        return f"write {' or '.join(f'{group}={word}' for group in homes)}"
    if word in _NEEDLESS:
        return f"leave it out, a run needs none: python -m anomalog_exp {' '.join(rest)}".rstrip()
    if Path(word).exists():
        return f"write dataset=custom dataset.source.path={word}"
    if near_command:
        return f"did you mean {near_command[0]!r}?"
    of_option = {name: group for group in group_names() for name in option_names(group)}
    near = difflib.get_close_matches(word, of_option, n=1, cutoff=0.6)
    if near:
        return f"did you mean {of_option[near[0]]}={near[0]}?"
    return "`python -m anomalog_exp help` says what each command does"


def _keys() -> list[str]:
    """Keys of the root config."""
    root = yaml.safe_load((conf_dir() / "config.yaml").read_text(encoding="utf-8"))
    return [key for key in root if key != "defaults"]
