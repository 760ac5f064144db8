"""Phrases of template text: the whole template, and its token n-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE

__all__ = ["phrase_matrix"]


def phrase_matrix(templates: Sequence[str], max_n: int) -> tuple[csr_matrix, list[str]]:
    """(templates, phrases) float64 counts, and the phrases in order of first appearance.

    Tokens stand between white space. Phrases are the n-grams of 1 to `max_n` tokens, without those
    that hold only wildcards, and the whole template where it is none of them already. `<unknown>` is a
    template without text, and has none.
    """
    code: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    values: list[int] = []
    for row, template in enumerate(templates):
        for phrase, count in Counter(_phrases(template, max_n)).items():
            rows.append(row)
            columns.append(code.setdefault(phrase, len(code)))
            values.append(count)
    shape = (len(templates), len(code))
    return csr_matrix((np.array(values, dtype=np.float64), (rows, columns)), shape=shape), list(
        code
    )


def _phrases(template: str, max_n: int) -> Iterator[str]:
    if template == UNKNOWN_TEMPLATE:
        return
    tokens = template.split()
    if len(tokens) > max_n or not tokens:
        yield template
    for n in range(1, max_n + 1):
        for start in range(len(tokens) - n + 1):
            gram = tokens[start : start + n]
            if any(token != WILDCARD for token in gram):
                yield " ".join(gram)
