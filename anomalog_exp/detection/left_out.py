"""Training in folds, each of which is left out in turn.

A fold is a run of neighbours, in the order of training. What happens in a burst is then left out
together, and no detector knows it from the same burst: neighbours in a log are more alike than a new
log is to training. Where windows overlap, a detector learns from none that shares an event with the fold
that it scores.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.coverage import meets, merged
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["folds_left_out"]


def folds_left_out(
    train: SequenceSet, normal: NDArray[np.int64], folds: int
) -> Iterator[tuple[SequenceSet, SequenceSet]]:
    """Each fold of normal sequences, with the training sequences that share nothing with it.

    Args:
        train: All training sequences.
        normal: (normal sequences,) which of them are normal, two at least.
        folds: How many; as many as normal sequences where these are fewer.
    """
    for fold in np.array_split(normal, min(folds, len(normal))):
        held = train.take(fold)
        kept = ~meets(train.start, train.stop, merged(held.start, held.stop))
        kept[fold] = False
        yield held, train.take(kept)
