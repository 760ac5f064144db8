"""N-grams of template text, of words or of characters.

A text of fewer than n words (characters) is one n-gram as a whole, so that only an empty one has none.
Wildcards are words like others where they stand beside some; n-grams of wildcards alone are left out.
With `template=identity` the text is the whole masked message. `<unknown>` has one n-gram, which no other
text has: what it stands for was never seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE

__all__ = ["Unit", "gram_matrix"]

Unit = Literal["words", "characters"]


def gram_matrix(templates: Sequence[str], unit: Unit, n: int) -> tuple[csr_matrix, list[str]]:
    """(templates, n-grams) float64 counts, and the n-grams in order of first appearance."""
    code: dict[str | None, int] = {}
    columns: list[int] = []
    values: list[int] = []
    borders = [0]
    for template in templates:
        grams = [None] if template == UNKNOWN_TEMPLATE else _grams(template, unit, n)
        for gram, count in Counter[str | None](grams).items():
            columns.append(code.setdefault(gram, len(code)))
            values.append(count)
        borders.append(len(columns))
    counts = csr_matrix(
        (np.array(values, dtype=np.float64), columns, borders), shape=(len(templates), len(code))
    )
    counts.sort_indices()
    return counts, [UNKNOWN_TEMPLATE if gram is None else gram for gram in code]


def _grams(template: str, unit: Unit, n: int) -> Iterator[str]:
    if unit == "characters":
        # White space of any kind and length is one space.
        text = " ".join(template.split())
        if text:
            yield from (text[start : start + n] for start in range(max(len(text) - n, 0) + 1))
        return
    words = template.split()
    for start in range(max(len(words) - n, 0) + 1):
        gram = words[start : start + n]
        if any(word != WILDCARD for word in gram):
            yield " ".join(gram)
