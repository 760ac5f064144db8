"""Vectors of templates, from the words of their texts: templates that share words are alike.

Source: Zhang et al., "Robust Log-Based Anomaly Detection on Unstable Log Data", ESEC/FSE 2019: a
template is the mean of the vectors of its words, each weighted by TF-IDF. Words are runs of letters,
split where CamelCase has a new one, in lower case.

Deviations: a word's vector is a pseudo-random one that its own hash gives, so that nothing is downloaded
and no text changes another one's vector; words of similar meaning are no more alike than others. Stop
words stay, and are light where many templates have them. The IDF is ln(1 + templates / templates that
have the word): a word of all templates does not vanish. Vectors have length 1. A template without words
of two letters, or of a single token with a digit in it (`E5`), is an identifier: the whole text is its
word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from xxhash import xxh3_64_intdigest

from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE

__all__ = ["template_vectors", "words_of_template"]

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_IDENTIFIER = re.compile(r"\S*\d\S*")


def template_vectors(
    templates: Sequence[str], width: int, *, counted: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """(templates, width) float32 vectors of length 1; that of `<unknown>` is 0.

    Args:
        templates: Their texts.
        width: Numbers of a vector.
        counted: (templates,) bool, which ones say how common a word is; None for all of them.
    """
    words, counts = _word_counts(templates)
    those = slice(None) if counted is None else counted
    having = (counts[those] > 0).sum(axis=0).A1
    idf = np.log1p(max(counts[those].shape[0], 1) / np.maximum(having, 1))
    sums = counts.multiply(idf).tocsr() @ _word_vectors(words, width)
    lengths = np.sqrt((sums**2).sum(axis=1, keepdims=True))
    return np.asarray(sums / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def words_of_template(template: str) -> list[str]:
    """The words of a template, in their order.

    Examples:
        >>> words_of_template("PacketResponder <*> for block_id <*> terminating")
        ['packet', 'responder', 'for', 'block', 'id', 'terminating']
        >>> words_of_template("HTTPServer E5"), words_of_template("E5")
        (['http', 'server'], ['E5'])
    """
    if template == UNKNOWN_TEMPLATE:
        return []
    if _IDENTIFIER.fullmatch(template):
        return [template]
    runs = _LETTERS.findall(template)
    return [word.lower() for run in runs for word in _NEW_WORD.split(run)] or [template]


def _word_counts(templates: Sequence[str]) -> tuple[list[str], csr_matrix]:
    """The words of all templates, and (templates, words) float64 how often each has each."""
    code: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    values: list[int] = []
    for row, template in enumerate(templates):
        for word, count in Counter(words_of_template(template)).items():
            rows.append(row)
            columns.append(code.setdefault(word, len(code)))
            values.append(count)
    shape = (len(templates), len(code))
    return list(code), csr_matrix(
        (np.array(values, dtype=np.float64), (rows, columns)), shape=shape
    )


def _word_vectors(words: Sequence[str], width: int) -> NDArray[np.float64]:
    """(words, width) float64 vectors of length 1, each of which its word alone decides.

    The bits of Philox for one key are the same in every version of NumPy; its random numbers are not.
    """
    bits = np.empty((len(words), width), dtype=np.uint64)
    for row, word in enumerate(words):
        key = xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))
        bits[row] = np.random.Philox(key=key).random_raw(width)
    vectors = (bits >> np.uint64(11)) * 2.0**-52 - 1
    return np.asarray(vectors / np.sqrt((vectors**2).sum(axis=1, keepdims=True)))
