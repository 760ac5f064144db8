"""What a text of a pinned template means: the messages that fit it, and how specific it is."""

from __future__ import annotations

import re
from typing import Final

from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["WORDS", "pattern_of", "specificity", "tidy"]

WORDS: Final = "<**>"
"""What stands for one word or more in a pinned text."""

_SPACE: Final = r"[\s\x1c-\x1f]"  # what `str.split` splits at
_NO_SPACE: Final = r"[^\s\x1c-\x1f]"
_MEANING: Final = {
    WILDCARD: f"{_NO_SPACE}+",
    WORDS: f"{_NO_SPACE}(?s:.*{_NO_SPACE})?",
}
_TOKEN: Final = re.compile("|".join(map(re.escape, _MEANING)))


def tidy(text: str) -> str:
    """The text with one space between words: white space does not decide what fits.

    Examples:
        >>> tidy(" disk  full ")
        'disk full'
    """
    return " ".join(text.split())


def pattern_of(text: str) -> str:
    r"""The regular expression (Rust) of the messages that fit.

    Examples:
        >>> print(pattern_of("a <*>").replace(_SPACE, r"\s").replace(_NO_SPACE, r"\S"))
        ^\s*a\s+\S+\s*$
    """
    words = map(_pattern_of_word, text.split())
    return f"^{_SPACE}*{f'{_SPACE}+'.join(words)}{_SPACE}*$"


def _pattern_of_word(word: str) -> str:
    import polars as pl

    tokens = [_MEANING[token] for token in _TOKEN.findall(word)]
    constants = [pl.escape_regex(constant) for constant in _TOKEN.split(word)]
    return "".join(part for pair in zip(constants, [*tokens, ""], strict=True) for part in pair)


def specificity(text: str) -> tuple[int, int]:
    """How many whole words a text spells out, and how many characters: more is more specific.

    Examples:
        >>> specificity("user <*> has id=<*>") > specificity("user <*> has <*>") > specificity("<**>")
        True
    """
    whole = [word for word in text.split() if not _TOKEN.search(word)]
    return len(whole), len("".join(_TOKEN.sub("", text).split()))
