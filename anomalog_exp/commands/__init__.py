"""The words that may stand behind `python -m anomalog_exp`: one module each, found by listing.

A command is a module with `main(arguments) -> exit code`. The first sentence of its docstring is what
`help` says of it; the whole is what its own --help prints. Modules whose name begins with `_` are shared
by commands and are none.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from anomalog_exp.config.words import command_files, is_word, unknown_word

__all__ = ["command_in", "run_command"]

_HELP = ("--help", "-h")


# No builtin `list` or `help` below: once they are imported, these names are commands here.


def command_in(arguments: Sequence[str]) -> list[str] | None:
    """The command and its arguments, where the command line is one; a run or a sweep begins otherwise.

    `--help WORD` is `help WORD`.
    """
    if arguments and is_word(arguments[0]):
        return [*arguments]
    words = [argument for argument in arguments if argument not in _HELP]
    if len(words) < len(arguments) and words and all(map(is_word, words)):
        return ["help", *words]
    return None


def run_command(word: str, *arguments: str) -> int:
    """Run a command; its exit code.

    Raises:
        ConfigError: there is no such command, or it cannot do what is asked.
    """
    if word not in command_files():
        raise unknown_word(word, arguments)
    code: int = importlib.import_module(f"{__name__}.{word}").main(arguments)
    sys.stdout.flush()  # here, where somebody answers that nobody reads it any more
    return code
