"""Evidence as people read it: the strongest parts of linear scores, and what unknown templates are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.features.severity import severity_weights
from anomalog_exp.sequences.sequence_set import SequenceSet
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["names_of_unknown", "strongest"]


def strongest(parts: csr_matrix, names: Sequence[str], top: int) -> list[list[tuple[str, float]]]:
    """For each row the names of up to `top` largest positive entries, largest first.

    Equal entries stand in the order of their columns.
    """
    evidence = []
    for row in range(parts.shape[0]):
        inside = slice(parts.indptr[row], parts.indptr[row + 1])
        weights, columns = parts.data[inside], parts.indices[inside]
        ranked = np.lexsort((columns, -weights))[:top]
        evidence.append([(names[columns[i]], float(weights[i])) for i in ranked if weights[i] > 0])
    return evidence


def names_of_unknown(vocabulary: Vocabulary, sequences: SequenceSet) -> list[str]:
    """(sequences,) the templates of each that training lacks, as in "a <*>, and 2 more"; "" for none.

    The gravest stands first.
    """
    dataset = sequences.dataset
    codes = vocabulary.codes(dataset.templates)
    own_text = np.array([text != UNKNOWN_TEMPLATE for text in dataset.templates], dtype=bool)
    lacking = (codes == len(vocabulary.texts) - 1) & own_text
    if not lacking.any():
        return [""] * len(sequences)
    weight = severity_weights(dataset)
    named = []
    for begin, end in pairwise(sequences.offsets.tolist()):
        own = sequences.templates[begin:end]
        kinds = list(dict.fromkeys(own[lacking[own]].tolist()))
        kinds.sort(key=lambda kind: -weight[kind])
        others = f", and {len(kinds) - 1:,} more" if kinds[1:] else ""
        named.append(f"{dataset.templates[kinds[0]]}{others}" if kinds else "")
    return named
