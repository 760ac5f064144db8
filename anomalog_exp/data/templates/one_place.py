"""Finds places of messages that are parameters, because many messages differ there and nowhere else.

"session closed for user ann", "... bob" and so on are siblings: without their last word they are the
same. If siblings have more words at a place than a statement would, the place is a parameter. A message
is compared with all others at once, by sums of random numbers that stand for its words: time grows
with the number of words, and the order of messages does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.token_rows import WILD

__all__ = ["without_parameters"]

_MOST_LENGTH: Final = 1 << 12
"""Words of a message: a longer one is no statement, and each place takes time."""

_ROUNDS: Final = 4
"""A parameter that is found makes rows equal, which may show another one."""


def without_parameters(
    words: NDArray[np.int32], most_words: NDArray[np.int64], value_like: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Rows with wildcards at the places that are parameters.

    Args:
        words: (rows, length) numbers of words.
        most_words: (length,) how many different words a statement may have at each place.
        value_like: (words,) words that are values by themselves: beside one, any word is a value.

    Returns:
        (rows, length) int32. At least half of the words around a parameter are no wildcards: else
        nothing says that siblings are of one statement. Rows of more than 4,096 words stay as they are.
    """
    length = words.shape[1]
    if len(words) == 1 or length > _MOST_LENGTH:
        return words
    # Sums wrap around; two different rows have the same one with a chance of 1 in 2^64.
    random = np.random.default_rng(0)
    of_word = random.integers(2**64, size=len(value_like), dtype=np.uint64)
    of_place = random.integers(2**63, size=length, dtype=np.uint64) * np.uint64(2) + np.uint64(1)

    rows, row_of = words, np.arange(len(words))
    for _ in range(_ROUNDS):
        _, first, same = np.unique(
            (of_word[rows] * of_place).sum(axis=1), return_index=True, return_inverse=True
        )
        rows, row_of = rows[first], same[row_of]
        parts = of_word[rows] * of_place
        total, constants = parts.sum(axis=1), (rows != WILD).sum(axis=1)
        found = rows.copy()
        for place, most in enumerate(most_words.tolist()):
            around = constants - (rows[:, place] != WILD)
            among = np.flatnonzero((around > 0) & (2 * around >= length - 1))
            # Rows are distinct, so siblings have as many words at the place as there are of them.
            siblings = np.unique(total[among] - parts[among, place], return_inverse=True)[1]
            count = np.bincount(siblings)[siblings]
            valued = value_like[rows[among, place]]
            beside_value = np.bincount(siblings, weights=valued)[siblings] > 0
            found[among[(count > most) | (beside_value & (count > 1))], place] = WILD
        if np.array_equal(found, rows):
            break
        rows = found
    return rows[row_of]
