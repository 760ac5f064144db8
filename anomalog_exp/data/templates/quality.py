"""How well templates fit the messages that they were mined of, without a truth to compare with.

Source: Qin, Zhao, Li, Shang, Merlo, "A Story About Cohesion and Separation: Label-Free Metric for Log
Parser Evaluation", SANER 2026 (arXiv 2512.21811): the parser medoid silhouette score (PMSS). A message
is at the distance a from its own template, and b from the nearest other one; its score is
(b - a) / max(a, b), and that of the templates is the mean over all messages. 1 is best; below 0
messages are nearer to other templates than to their own. The authors find it correlated with the
grouping and the template accuracy that labels give (Spearman 0.65 and 0.59); it does not replace them.
The only message of a template scores 0, as a cluster of one does in Rousseeuw's silhouette (1987): else
each message as its own template would be best.

Deviations. The Levenshtein distance counts words and not characters, of which a template has few, so
that all pairs are compared in array operations. Of many messages and templates some are compared: every
so-manieth distinct message, weighted by how often it occurs, with the templates that are most frequent.
Words behind the fortieth are not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["medoid_silhouette"]

_MESSAGES: Final = 300
_TEMPLATES: Final = 300
_WORDS: Final = 40
_NO_WORD: Final = -1


def medoid_silhouette(
    messages: Sequence[str], codes: NDArray[np.integer], templates: Sequence[str]
) -> float | None:
    """The score, from -1 to 1; None where there are fewer than two templates, or no messages.

    Args:
        messages: (messages,) as they were written, before any mask.
        codes: (messages,) the template of each, as a place in `templates`.
        templates: Their texts.

    Examples:
        >>> medoid_silhouette(["a 1", "a 2", "x y z"], np.array([0, 0, 1]), ["a <*>", "x y z"])
        0.3333333333333333
    """
    counted = Counter(zip(messages, codes.tolist(), strict=True))
    distinct = list(counted.items())
    sizes = Counter(codes.tolist())
    frequent = [code for code, _ in sizes.most_common(_TEMPLATES)]
    distinct = [one for one in distinct if one[0][1] in set(frequent)]
    chosen = distinct[:: -(-len(distinct) // _MESSAGES) or 1]
    if len(frequent) < 2 or not chosen:
        return None
    ids: dict[str, int] = {}
    rows = _words([message for (message, _), _ in chosen], ids)
    columns = _words([templates[code] for code in frequent], ids)
    distance = _distances(rows, columns)
    longer = np.maximum(_lengths(rows)[:, None], _lengths(columns)[None, :])
    distance = distance / np.maximum(longer, 1)
    place = {code: number for number, code in enumerate(frequent)}
    own = np.array([place[code] for (_, code), _ in chosen])
    cohesion = distance[np.arange(len(own)), own]
    distance[np.arange(len(own)), own] = np.inf
    separation = distance.min(axis=1)
    larger = np.maximum(cohesion, separation)
    score = (separation - cohesion) / np.where(larger > 0, larger, 1)
    score[[sizes[code] == 1 for (_, code), _ in chosen]] = 0.0
    return float(np.average(score, weights=[count for _, count in chosen]))


def _words(texts: Sequence[str], ids: dict[str, int]) -> NDArray[np.int32]:
    """(texts, words) int32 numbers of words, `_NO_WORD` behind the last one."""
    cut = [text.split()[:_WORDS] for text in texts]
    padded = np.full((len(cut), max(1, *map(len, cut))), _NO_WORD, dtype=np.int32)
    for row, words in zip(padded, cut, strict=True):
        row[: len(words)] = [ids.setdefault(word, len(ids)) for word in words]
    return padded


def _lengths(words: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.count_nonzero(words != _NO_WORD, axis=1)


def _distances(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> NDArray[np.float64]:
    """(rows, columns) Levenshtein distances over words: all pairs advance by one cell at a time."""
    sizes = np.repeat(_lengths(rows), len(columns))
    ends = np.tile(_lengths(columns), len(rows))
    pairs = np.arange(len(sizes))
    above = np.tile(np.arange(columns.shape[1] + 1, dtype=np.int16)[:, None], (1, len(pairs)))
    found = np.where(sizes == 0, ends, 0).astype(np.float64)
    for number, words in enumerate(rows.T, 1):
        row = np.empty_like(above)
        row[0] = number
        for column, others in enumerate(columns.T, 1):
            same = (words[:, None] == others[None, :]).ravel()
            step = np.minimum(above[column], row[column - 1]) + 1
            row[column] = np.minimum(step, above[column - 1] + ~same)
        done = sizes == number
        found[done] = row[ends[done], pairs[done]]
        above = row
    return found.reshape(len(rows), len(columns))
