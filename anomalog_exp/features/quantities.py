"""Quantities of templates: what their events nearly always say in numbers, on scales of their own.

A quantity is a place of a template that holds numbers with one unit, or the time since the event before.
Numbers are taken on a signed logarithmic scale, and times in what the clock of the log resolves: the
shortest that training has, but for none. From that the mean of training is taken, and it is divided by
the deviation. Numbers that differ by less than a tenth, or not at all, are taken to differ by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.features.numbers import from_logarithm, signed_logarithm

__all__ = ["OF_TIMES", "Numbers", "Quantities", "time_key"]

OF_TIMES: Final = -1
"""Code of the unit of times, which is none of those in messages: milliseconds."""

_LEAST_SHARE: Final = 0.95
"""Share of a template's events that have a number, in one unit, in a place that takes part."""
_LEAST_DEVIATION: Final = 0.1


class Numbers(NamedTuple):
    """Numbers of events.

    Attributes:
        event: (numbers,) int64 which of the events that were asked about.
        key: (numbers,) int64 the place, or `time_key` of the template.
        unit: (numbers,) int64 code of the unit, or `OF_TIMES`.
        value: (numbers,) float64 as it stands there.
    """

    event: NDArray[np.int64]
    key: NDArray[np.int64]
    unit: NDArray[np.int64]
    value: NDArray[np.float64]

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Numbers:
        """Some of them."""
        return Numbers(self.event[which], self.key[which], self.unit[which], self.value[which])


def time_key(template: NDArray[np.integer]) -> NDArray[np.int64]:
    """The keys of the times before events of templates: below 0, where places are not."""
    return -1 - template.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Quantities:
    """What was learned of quantities.

    Attributes:
        template: (templates,) int64 sorted codes of templates that have some.
        key: (quantities,) int64 sorted: the place, or `time_key` of the template.
        unit: (quantities,) unit behind the number, "" for none.
        owner: (quantities,) int64 index into `template`.
        slot: (quantities,) int64 where it stands in a vector: 0 for times, then place by place.
        mean: (quantities,) float64 on its scale.
        deviation: (quantities,) float64 on its scale.
        resolution_ms: What times are multiples of, as far as training shows.
    """

    template: Annotated[NDArray[np.int64], "templates"]
    key: Annotated[NDArray[np.int64], "quantities"]
    unit: Annotated[list[str], "quantities"]
    owner: Annotated[NDArray[np.int64], "quantities"]
    slot: Annotated[NDArray[np.int64], "quantities"]
    mean: Annotated[NDArray[np.float64], "quantities"]
    deviation: Annotated[NDArray[np.float64], "quantities"]
    resolution_ms: float

    def __post_init__(self) -> None:
        """Raises:
        ValueError: no training made these.
        """
        ordered = (np.diff(self.key) > 0).all() and (np.diff(self.template) > 0).all()
        inside = (self.owner >= 0) & (self.owner < len(self.template)) & (self.slot >= 0)
        scales = (self.deviation >= _LEAST_DEVIATION) & np.isfinite(self.deviation + self.mean)
        known = len(self.key) > 0 and 0 < self.resolution_ms < np.inf
        if not (known and ordered and inside.all() and scales.all()):
            raise ValueError("quantities that no training has made")

    @classmethod
    def of(
        cls,
        found: Numbers,
        units: list[str],
        template: NDArray[np.integer],
        first_place: NDArray[np.int64],
    ) -> Self | None:
        """What the numbers of training events teach; None where nothing takes part.

        Args:
            found: The numbers.
            units: By their codes.
            template: (events,) of each event that was asked about.
            first_place: (templates + 1,) of each template.
        """
        pairs, count = np.unique(np.stack((found.key, found.unit)), axis=1, return_counts=True)
        # Of each key the unit that most of its numbers have, and of equally many the first one.
        ranked = np.lexsort((pairs[1], -count, pairs[0]))
        key, first = np.unique(pairs[0, ranked], return_index=True)
        unit, count = pairs[1, ranked[first]], count[ranked[first]]
        code = np.where(key < 0, -1 - key, np.searchsorted(first_place, key, side="right") - 1)
        events = np.bincount(template, minlength=len(first_place) - 1)[code]
        taken = (key < 0) | (count >= _LEAST_SHARE * events)
        if not taken.any():
            return None
        key, unit, code = key[taken], unit[taken], code[taken]
        known, owner = np.unique(code, return_inverse=True)
        which = np.minimum(np.searchsorted(key, found.key), len(key) - 1)
        own = (key[which] == found.key) & (unit[which] == found.unit)
        which, value = which[own], found.value[own]
        times = value[(key[which] < 0) & (value > 0)]
        resolution = float(times.min(initial=np.inf)) if len(times) else 1.0
        value = _scaled(key[which], value, resolution)
        count = np.bincount(which)
        mean = np.bincount(which, weights=value) / count
        variance = np.bincount(which, weights=(value - mean[which]) ** 2) / count
        places = int((key < 0).sum())
        nth = np.arange(len(key)) - np.searchsorted(code[places:], code) - places
        return cls(
            known,
            key,
            ["" if one == OF_TIMES else units[one] for one in unit],
            owner,
            np.where(key < 0, 0, nth + 1),
            mean,
            np.maximum(np.sqrt(variance), _LEAST_DEVIATION),
            resolution,
        )

    @property
    def slots(self) -> int:
        """How many places a vector has."""
        return int(self.slot.max()) + 1

    def numbered(self, template: NDArray[np.integer]) -> NDArray[np.int64]:
        """Index into `template` of each code, -1 for those that have no quantity."""
        place = np.minimum(np.searchsorted(self.template, template), len(self.template) - 1)
        return np.where(self.template[place] == template, place, -1)

    def find(self, found: Numbers, units: list[str]) -> NDArray[np.int64]:
        """(numbers,) the quantity of each, -1 where it is none of them, or has another unit.

        Args:
            found: The numbers.
            units: By their codes.
        """
        code_of = {unit: code for code, unit in enumerate(units)}
        code = np.array([code_of.get(unit, OF_TIMES - 1) for unit in self.unit], dtype=np.int64)
        code[self.key < 0] = OF_TIMES
        which = np.minimum(np.searchsorted(self.key, found.key), len(self.key) - 1)
        return np.where((self.key[which] == found.key) & (code[which] == found.unit), which, -1)

    def normalised(
        self, which: NDArray[np.int64], value: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(numbers,) of quantities, in deviations from their means."""
        scaled = _scaled(self.key[which], value, self.resolution_ms)
        return (scaled - self.mean[which]) / self.deviation[which]

    def plain(self, which: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """(numbers,) whose `normalised` these are."""
        there = from_logarithm(value * self.deviation[which] + self.mean[which])
        return np.where(self.key[which] < 0, np.maximum(there, 0) * self.resolution_ms, there)

    @property
    def by_slot(self) -> NDArray[np.int64]:
        """(templates, slots) the quantity of each template in each slot, -1 for none."""
        table = np.full((len(self.template), self.slots), -1, dtype=np.int64)
        table[self.owner, self.slot] = np.arange(len(self.key))
        return table


def _scaled(
    key: NDArray[np.int64], value: NDArray[np.float64], resolution_ms: float
) -> NDArray[np.float64]:
    """(numbers,) on the scale of their keys."""
    return signed_logarithm(np.where(key < 0, value / resolution_ms, value))
