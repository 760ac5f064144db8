"""The set of words that each template holds, without its values.

A word stands between white space, and has a letter, no digit and no wildcard: what varies from message
to message is none. Values of fields that make events are words whatever they hold, as `status=500`. A
text without any word, as that of numbers alone, is one word as a whole, so that no set is empty.
`<unknown>` is a word that no other text has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["word_sets", "words_of"]

_FIELDS: Final = re.compile(r" \[([^\[\]=]+=[^\[\]]*)\]$")
_DIGIT: Final = re.compile(r"\d")
_LETTER: Final = re.compile(r"[^\W\d_]")


def word_sets(templates: Sequence[str]) -> tuple[csr_matrix, list[str]]:
    """(templates, words) float64, 1 where a template has a word, and the words by first appearance."""
    code: dict[str, int] = {}
    kept: dict[str, bool] = {}
    columns: list[int] = []
    borders = [0]
    for template in templates:
        words = _words(template, kept)
        columns += sorted({code.setdefault(word, len(code)) for word in words})
        borders.append(len(columns))
    ones = np.ones(len(columns))
    return csr_matrix((ones, columns, borders), shape=(len(templates), len(code))), list(code)


def words_of(template: str) -> list[str]:
    """The different words of one template in their order.

    Examples:
        >>> words_of("ciod: Error reading message prefix on CioStream socket to <*>:<*>")
        ['ciod:', 'Error', 'reading', 'message', 'prefix', 'on', 'CioStream', 'socket', 'to']
        >>> words_of("GET <*> [status=500, level=error]")
        ['GET', 'status=500', 'level=error']
        >>> words_of("0x1f <*>")
        ['0x1f <*>']
    """
    return list(dict.fromkeys(_words(template, {})))


def _words(template: str, kept: dict[str, bool]) -> list[str]:
    """Words of a template; `kept` remembers which of the tokens seen so far are some."""
    fields = _FIELDS.search(template)
    words = []
    for token in (template[: fields.start()] if fields else template).split():
        is_word = kept.get(token)
        if is_word is None:
            is_word = kept[token] = _is_word(token)
        if is_word:
            words.append(token)
    if fields and WILDCARD not in fields[1]:
        words += fields[1].split(", ")
    return words or [template]


def _is_word(token: str) -> bool:
    return bool(_LETTER.search(token)) and not _DIGIT.search(token) and WILDCARD not in token
