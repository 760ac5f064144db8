"""How far a log looks like the one that was trained on: what fits no template, and how templates spread.

The two figures mean little by themselves: in a log of a few long jobs, one half does not look like the
other. So a bundle keeps what they are between the halves of its own training part, as a measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Likeness", "halves_likeness", "likeness"]

_UNKNOWN: Final = 0.05
_DIVERGENCE: Final = 0.2
"""What is below these is as in a log of a few kinds of events that goes on. Above them a log is another
one where it differs more than twice as much from training as the halves of training do. So do, of
LogHub's samples cut in halves, BGL (70 % of the events are of templates that the first half lacks) and
Thunderbird (28 %), and not Linux (12 %), whose first half differs as much in itself.
"""
_TIMES: Final = 2


@dataclass(frozen=True)
class Likeness:
    """How a log compares with another one.

    Attributes:
        unknown: Share of its events whose templates the other one lacks.
        divergence: Between the shares that templates have of the events of both, 0 where they are the
            same and 1 where they have none in common: Jensen-Shannon, in bits (Lin, IEEE Transactions
            on Information Theory 37, 1991).
    """

    unknown: float
    divergence: float

    def lacks_more_than(self, halves: Self) -> bool:
        """Whether more is unknown than the halves of training, which differ so, lead to expect."""
        return self.unknown > max(_UNKNOWN, _TIMES * halves.unknown)

    def spreads_more_than(self, halves: Self) -> bool:
        """Whether templates have other shares than the halves of training lead to expect."""
        return self.divergence > max(_DIVERGENCE, _TIMES * halves.divergence)

    @classmethod
    def of(cls, trained: NDArray[np.int64], judged: NDArray[np.int64]) -> Self:
        """That of counts of events, (templates,) each; an empty log is like every other."""
        if not trained.sum() or not judged.sum():
            return cls(0.0, 0.0)
        before, now = trained / trained.sum(), judged / judged.sum()
        mean = (before + now) / 2
        divergence = sum(
            0.5 * float(np.sum(share[share > 0] * np.log2(share[share > 0] / mean[share > 0])))
            for share in (before, now)
        )
        return cls(float(now[trained == 0].sum()), min(max(divergence, 0.0), 1.0))


def likeness(trained: NDArray[np.int64], sequences: SequenceSet) -> Likeness:
    """How the events of a data set compare with training.

    Args:
        trained: (templates of the data set,) int64, how many events of training each has.
        sequences: Of the data set; events that are in none count, too.
    """
    dataset = sequences.dataset
    return Likeness.of(trained, scratch.counted(dataset.template, len(dataset.templates)))


def halves_likeness(train: SequenceSet) -> Likeness:
    """How the later half of the training sequences compares with the earlier one."""
    half = len(train) // 2
    earlier, later = train.take(slice(half)), train.take(slice(half, None))
    return Likeness.of(earlier.trainable_counts(), later.trainable_counts())
