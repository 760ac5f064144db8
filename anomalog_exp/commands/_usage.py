"""What the commands share: how they read their arguments, say what they are for and name plugins."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.plugins import PLUGINS_VARIABLE, environment_plugins, use_plugins

__all__ = ["CommandParser", "before_and_after_dashes", "use_plugins_named", "whole_number"]


class CommandParser(ArgumentParser):
    """Reads the arguments of one command; a mistake is a ConfigError.

    Args:
        module: The command's module: its name is the word, its docstring what --help prints.
        usage: The arguments, as the usage line shows them.
    """

    def __init__(self, module: str, usage: str) -> None:
        self._word = module.rpartition(".")[2]
        super().__init__(
            prog=f"python -m anomalog_exp {self._word}",
            usage=f"python -m anomalog_exp {self._word} {usage}".rstrip(),
            description=sys.modules[module].__doc__,
            formatter_class=RawDescriptionHelpFormatter,
        )

    def takes_plugins(self) -> None:
        """Add the flag that names folders of plugins."""
        self.add_argument(
            "--plugins",
            action="append",
            default=[],
            type=Path,
            metavar="FOLDER",
            help=f"a folder of your own options; or name them in {PLUGINS_VARIABLE}",
        )

    def error(self, message: str) -> NoReturn:
        raise ConfigError.of(
            f"the command {self._word}",
            "its arguments",
            problem=message,
            allowed=str(self.usage),
            fix=f"`python -m anomalog_exp help {self._word}` shows examples",
        )


def use_plugins_named(folders: Sequence[Path]) -> None:
    """Use these folders, or else those of the environment, here and in every process started from here.

    Raises:
        ConfigError: a folder holds no options, or an option of a name that is taken.
    """
    in_use = use_plugins(folders or environment_plugins())
    os.environ[PLUGINS_VARIABLE] = os.pathsep.join(map(str, in_use))


def before_and_after_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments on both sides of `--`: those of the command, and overrides."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:cut]), list(arguments[cut + 1 :])


def whole_number(text: str) -> int:
    """A number of things, from 0 on, as the type of an argument."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)
