"""Regular expressions of what messages have at the places of a template's text.

Most values are one word of ASCII: an expression is quickest where every character has one way to go. A
message that does not fit is tried again with slower ones, if it is short: their time grows with its
length times that of the expression, and a hundredfold where the engine needs more than 2 million bits of
memory for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["by_patterns", "few_steps", "longest"]

_SPACE: Final = r"[\s\x1c-\x1f]"  # what `str.split` splits at
_STATES_PER_PLACE: Final = 20
_MOST_STEPS: Final = 1 << 21
_WORD: Final = r"([!-~]+?)"
_BYTES: Final = "bytes"
_AGAIN: Final = r"(?: \([0-9][0-9A-Za-z.:]* ?[KMGTP]i?B\))?"
"""Masks drop a size that is written a second time, behind "bytes": a text has it no more."""


def longest(constants: Sequence[str], *, words: bool) -> int | None:
    """How many bytes a message may have, so that patterns read it in few steps; None for any number.

    Args:
        constants: What stands around the places of its template.
        words: By the pattern of words of ASCII; else by any.
    """
    if words and _whole_words(constants):
        return None
    states = sum(len(part) + len(_AGAIN) * part.count(_BYTES) for part in constants)
    return _MOST_STEPS // (states + _STATES_PER_PLACE * len(constants))


def few_steps(messages: pl.Series, constants: Sequence[str], *, words: bool) -> pl.Series:
    """(messages,) Boolean: whether a message is not too long for that."""
    import polars as pl

    most = longest(constants, words=words)
    if most is None:
        return pl.repeat(True, len(messages), eager=True)
    return messages.str.len_bytes() <= most


def by_patterns(messages: pl.Series, constants: Sequence[str]) -> list[pl.Series]:
    """A column of values for each place, null where a message does not fit.

    Args:
        messages: (messages,) String of one template.
        constants: What stands around its places.
    """
    import polars as pl

    usable = few_steps(messages, constants, words=True)
    tried = messages if usable.all() else pl.select(pl.when(usable).then(messages)).to_series()
    columns = _groups(tried, _worded(constants))
    short = few_steps(messages, constants, words=False)
    for pattern in (_spaced(constants), _with_gaps(constants)):
        missed = (columns[0].is_null() & short).arg_true()
        if len(missed):
            again = _groups(messages.gather(missed), pattern)
            columns = [old.scatter(missed, new) for old, new in zip(columns, again, strict=True)]
    return columns


def _whole_words(constants: Sequence[str]) -> bool:
    """White space, or nothing, stands on both sides of every place."""
    before, after = constants[:-1], constants[1:]
    alone = [not one or one[-1].isspace() for one in before[:1]]
    alone += [one[-1:].isspace() for one in before[1:]]
    alone += [one[:1].isspace() for one in after[:-1]]
    return all(alone) and (not after[-1] or after[-1][0].isspace())


def _groups(messages: pl.Series, pattern: str) -> list[pl.Series]:
    return messages.str.extract_groups(pattern).struct.unnest().get_columns()


def _escaped(text: str) -> str:
    import polars as pl

    return pl.escape_regex(text) + (_AGAIN if text.endswith(_BYTES) else "")


def _worded(constants: Sequence[str]) -> str:
    """The pattern in which values are words of ASCII."""
    parts = ("[\\t-\\r ]+".join(map(_escaped, re.split(r"\s+", part))) for part in constants)
    return f"^{_WORD.join(parts)}$"


def _spaced(constants: Sequence[str]) -> str:
    """The pattern in which values hold spaces, too, and white space stands for any other."""
    parts = (f"{_SPACE}+".join(map(_escaped, re.split(r"\s+", part))) for part in constants)
    return f"(?s)^{_SPACE}*{'(.+?)'.join(parts)}{_SPACE}*$"


def _with_gaps(constants: Sequence[str]) -> str:
    """The same where values may be empty: miners that compare subsequences give such templates."""
    words = (map(_escaped, part.split()) for part in constants)
    parts = (f"{_SPACE}+".join(part) for part in words)
    return f"(?s)^{_SPACE}*{f'{_SPACE}*(.*?){_SPACE}*'.join(parts)}{_SPACE}*$"
