"""Which training sequences new ones are compared with, where not with all.

To compare every sequence with every other takes time by the square of the distinct ones. An option
bounds how many are kept. Sequences are drawn by chance, one after the other whatever they hold, until
as many distinct ones are found, or half of training is drawn. What is frequent is then known almost
surely, and what is seldom is what gets lost.

Those that were not drawn and a new normal sequence are compared with the same references, which depend
on none of them, and any order of them is as likely as another. So the decision rule conformal takes
their distances, and its promise holds. To draw spread-out references instead (k-means++, the farthest
first) would know more kinds, but no sequence that was passed over is then like a new one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn_references"]


def drawn_references(
    group: NDArray[np.int64], at_most: int | None, seed: int
) -> NDArray[np.bool_] | None:
    """(sequences,) which are drawn, one at least; None where all are kept.

    Args:
        group: (sequences,) which of the distinct ones each is, from 0.
        at_most: Distinct ones that are kept; None keeps all.
        seed: Of the draw.
    """
    if at_most is None or int(group.max(initial=-1)) < at_most:
        return None
    order = np.random.default_rng(seed).permutation(len(group))
    first = np.sort(np.unique(group[order], return_index=True)[1])
    drawn = np.zeros(len(group), dtype=bool)
    drawn[order[: max(1, min(int(first[at_most]), len(group) // 2))]] = True
    return drawn
