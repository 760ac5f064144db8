"""Which words of a cluster of messages belong to the statement, and what its templates read.

Where the messages of a cluster differ, they have words of the statement (`opened`, `closed`) or values
of a parameter. Few different words are the statement's, but for three cases: one of them is another one
masked; behind the same word, a parameter of another cluster has all of them ("for user ann"); or another
cluster has three of them there, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.token_rows import WILD

__all__ = ["statement_rows", "wildcard_word"]

_SHARED: Final = 3
"""Words that two clusters have behind the same word, by which they are values."""

_OPENING: Final = re.compile(r".*[=:(\[{\"'#]", re.DOTALL)
_CLOSING: Final = re.compile(r"[)\]}\"',;:].*|\.$", re.DOTALL)


def statement_rows(
    clusters: Sequence[NDArray[np.int32]],
    most_words: Callable[[int], NDArray[np.int64]],
    value_like: NDArray[np.bool_],
    texts: NDArray[np.object_],
) -> list[NDArray[np.int32]]:
    """The rows of each cluster with wildcards where their words are values.

    Args:
        clusters: Of each, (rows, length) numbers of words.
        most_words: For a length, (length,) how many different words a statement may have at each place.
        value_like: (words,) words that are values by themselves: beside one, any word is a value.
        texts: (words,) the words.
    """
    found = [rows.copy() for rows in clusters]
    values: dict[int, set[int]] = defaultdict(set)  # behind a word
    few: list[_Few] = []
    beside: dict[int, list[int]] = defaultdict(
        list
    )  # of a cluster, places where one word is a value
    for number, rows in enumerate(clusters):
        most = most_words(rows.shape[1])
        for place in np.flatnonzero((rows != rows[0]).any(axis=0)).tolist():
            words = np.unique(rows[:, place])
            before = int(rows[0, place - 1]) if place and _all_equal(rows[:, place - 1]) else None
            many = len(words) > most[place]
            if many or value_like[words].any() or _one_is_masked(texts[words]):
                found[number][:, place] = WILD
                if not many:
                    beside[number].append(place)
                if before is not None:
                    values[before] |= set(words.tolist())
            elif before is not None:
                few.append(_Few(number, place, before, tuple(words.tolist())))
    for one in _known_values(few, values):
        found[one.cluster][:, one.place] = WILD
    for number, places in beside.items():
        _keep_in_statements(found[number], clusters[number], places, value_like)
    return found


class _Few(NamedTuple):
    """A place with few words, which all stand behind the same one."""

    cluster: int
    place: int
    before: int
    words: tuple[int, ...]


def _known_values(few: Sequence[_Few], values: dict[int, set[int]]) -> list[_Few]:
    """The places whose words are values, as other clusters tell."""
    seen: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for one in few:
        for some in combinations(one.words, _SHARED):
            seen[one.before, *some].add(one.cluster)
    return [
        one
        for one in few
        if values.get(one.before, set()).issuperset(one.words)
        or any(len(seen[one.before, *some]) > 1 for some in combinations(one.words, _SHARED))
    ]


def _keep_in_statements(
    templates: NDArray[np.int32],
    rows: NDArray[np.int32],
    places: Sequence[int],
    value_like: NDArray[np.bool_],
) -> None:
    """Put back the words of places where only messages of another statement have a value there."""
    others = np.delete(templates, places, axis=1)
    statement = np.unique(others, axis=0, return_inverse=True)[1].ravel()
    first = np.unique(statement, return_index=True)[1]
    for place in places:
        words = rows[:, place]
        differs = np.bincount(statement, weights=words != words[first[statement]]) > 0
        kept = ~differs[statement] & ~value_like[words]
        templates[kept, place] = words[kept]


def _all_equal(words: NDArray[np.int32]) -> bool:
    return bool((words == words[0]).all())


def _one_is_masked(words: NDArray[np.object_]) -> bool:
    """Whether one word is another one masked, as `chdir(<*>)` is `chdir(pwd)`."""
    return wildcard_word(words.tolist()) in words


def wildcard_word(words: Sequence[str]) -> str:
    """What a template reads where messages have these words: a wildcard and what brackets it in all.

    Examples:
        >>> wildcard_word(["uid=root,", "uid=ann,"])
        'uid=<*>,'
        >>> wildcard_word(["/home/ann", "/home/bob"])
        '<*>'
    """
    opening = _OPENING.match(_common_beginning(words))
    before = opening.group() if opening else ""
    rest = [word[len(before) :] for word in words]
    closing = _CLOSING.search(_common_beginning([word[::-1] for word in rest])[::-1])
    return before + WILDCARD + (closing.group() if closing else "")


def _common_beginning(words: Sequence[str]) -> str:
    """What all words begin with, and each of them has more than that."""
    first, last = min(words), max(words)
    differ = (
        place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1
    )
    same = next(differ, min(len(first), len(last)))
    return first[: min(same, min(map(len, words)) - 1)]
