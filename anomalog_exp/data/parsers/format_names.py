"""What the formats of a log are called where people read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.options.typed_name import typed_name

__all__ = ["ANY_LINE", "SEVERAL", "SHAPE", "format_name", "in_words"]

ANY_LINE: Final = "custom"
"""The option that takes any line, and describes what has no option of its own."""

SEVERAL: Final = "several"
"""The option that tries some others in turn."""

SHAPE: Final = ("format", "regex")
"""Keys of a parser that say which lines fit."""


def in_words(options: Sequence[str]) -> str:
    """The names of some options of `dataset/structured_parser`, each once.

    Examples:
        >>> in_words(["access", "json", "custom"])
        'access, json and a format of its own'
    """
    names = list(dict.fromkeys(name for name in options if name != ANY_LINE))
    if own := options.count(ANY_LINE):
        names.append("a format of its own" if own == 1 else f"{own} formats of their own")
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def format_name(config: ParserConfig) -> str:
    """What lines are read as by a parser."""
    values = config.model_dump(mode="json")
    parsers = values["parsers"] if config.name == SEVERAL else [values]
    return in_words([typed_name("dataset/structured_parser", one, SHAPE) for one in parsers])
