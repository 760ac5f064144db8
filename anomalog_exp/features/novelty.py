"""Which keys training showed in each group, and how surprising one would be that it did not.

A key belongs to one group, as a value to a place. Counts are of sequences that show a key, once each:
what a sequence repeats says nothing of the next one. By Good-Turing (Good, "The population frequencies
of species and the estimation of population parameters", Biometrika 40, 1953) the chance that the next
key is new is the share of what was seen once. That takes what comes in any order to be as likely. Where
keys come in bursts or grow, the second half of training says better how often a new one comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Halves", "Novelty", "Observations", "count_sequences"]

Observations = Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]
"""In turn, the sequence and the key of each observation; no sequence is in two parts."""


class Halves(NamedTuple):
    """How many sequences show each key, in the order of training.

    Attributes:
        keys: (keys,) int64 distinct, ascending.
        earlier: (keys,) int64 sequences of the first half.
        later: (keys,) int64 sequences of the second half.
    """

    keys: NDArray[np.int64]
    earlier: NDArray[np.int64]
    later: NDArray[np.int64]

    @classmethod
    def of(cls, earlier: Observations, later: Observations) -> Self:
        """Count what the halves show."""
        counts = [count_sequences(half) for half in (earlier, later)]
        keys = np.union1d(counts[0][0], counts[1][0])
        both = [np.zeros(len(keys), dtype=np.int64) for _ in counts]
        for half, (shown, count) in zip(both, counts, strict=True):
            half[np.searchsorted(keys, shown)] = count
        return cls(keys, *both)


@dataclass(frozen=True, eq=False)
class Novelty:
    """What training showed of the groups that take part.

    Attributes:
        groups: (groups,) int64 those that take part, ascending.
        nats: (groups,) float64 how surprising a new key is: minus the logarithm of its chance.
        known: (known,) int64 keys that are not new, ascending.
        group_of: (known,) int64 index into `groups` of each.
        count: (known,) int64 sequences that show each.
    """

    groups: Annotated[NDArray[np.int64], "groups"]
    nats: Annotated[NDArray[np.float64], "groups"]
    known: Annotated[NDArray[np.int64], "known"]
    group_of: Annotated[NDArray[np.int64], "known"]
    count: Annotated[NDArray[np.int64], "known"]

    @classmethod
    def of(
        cls,
        counts: Halves,
        group: NDArray[np.int64],
        *,
        at_most: int,
        most_keys: int | NDArray[np.int64],
        most_new: float,
    ) -> Self:
        """Choose the groups that take part, and what is known in them.

        Args:
            counts: The keys that training showed.
            group: (keys,) of each.
            at_most: A key of so many sequences or fewer is new.
            most_keys: A group of more keys takes no part; (groups,) ascending, or one for all.
            most_new: Nor does one where the chance of a new key is larger: (rare + 1) / (shown + 1),
                where `shown` counts pairs of a sequence and a key of it, and `rare` those whose key is
                new, or shown by one sequence alone; or, if that is more, the share of the second
                half's pairs whose key the first half lacks.
        """
        keys, earlier, later = counts
        count = earlier + later
        groups, of_key = np.unique(group, return_inverse=True)
        shown = np.bincount(of_key, weights=count, minlength=len(groups))
        is_rare = count <= max(at_most, 1)
        rare = np.bincount(of_key, weights=count * is_rare, minlength=len(groups))
        size = np.bincount(of_key, minlength=len(groups))
        shown_later = np.bincount(of_key, weights=later, minlength=len(groups))
        unknown = np.bincount(of_key, weights=later * (earlier == 0), minlength=len(groups))
        chance = np.maximum((rare + 1) / (shown + 1), unknown / np.maximum(shown_later, 1))
        part = (size <= most_keys) & (chance <= most_new)
        known = part[of_key] & (count > at_most)
        number = np.cumsum(part) - 1
        return cls(
            groups[part],
            -np.log(chance[part]),
            keys[known],
            number[of_key[known]],
            count[known],
        )

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """(keys,) index into `known` of each, -1 for a new one."""
        return _index(self.known, keys)

    def nats_of(self, group: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.float64]:
        """(keys,) how surprising each is: 0 for a known one, and in a group that takes no part.

        Args:
            group: (keys,) of each.
            found: (keys,) what `find` gives.
        """
        # A number more: -1 reads the last one.
        nats = np.append(self.nats, 0.0)[_index(self.groups, group)]
        return np.where(found < 0, nats, 0.0)

    def usual(self, group: int) -> tuple[int, int | None]:
        """How many keys are known in a group, and the index of the one that most sequences show."""
        known = np.flatnonzero(self.group_of == np.searchsorted(self.groups, group))
        return len(known), int(known[self.count[known].argmax()]) if len(known) else None


def count_sequences(parts: Observations) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct keys, ascending, and how many sequences show each."""
    none = np.empty(0, dtype=np.int64)
    keys, counts = [none], [none]
    for sequence, key in parts:
        distinct, number = np.unique(key, return_inverse=True)
        if len(distinct):
            pairs = np.unique(sequence * len(distinct) + number)
            keys.append(distinct)
            counts.append(np.bincount(pairs % len(distinct)))
    distinct, number = np.unique(np.concatenate(keys), return_inverse=True)
    count = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(count, number, np.concatenate(counts))
    return distinct, count


def _index(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each stands among distinct numbers, -1 where it does not."""
    if not len(ascending):
        return np.full(len(wanted), -1, dtype=np.int64)
    near = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[near] == wanted, near, -1)
