"""Value ranges: numbers in messages outside the range that normal training had in the same place.

Source: Landauer, Wurzenberger, Skopik, Hotwagner, Höld, "AMiner: A Modular Log Data Analysis
Pipeline for Anomaly-based Intrusion Detection", Digital Threats: Research and Practice 4 (1), 2023,
by its ValueRangeDetector. Score: how far the farthest number is outside, in widths of its range; 0
inside. A range of one number is taken to be as wide as that number, and 1 at least.

Numbers are decimal ones, each unit behind them with a range of its own; see `features/numbers.py`.
`seen` is the range from the smallest to the largest. `quartiles` is for training that holds the
anomalies, too: what lies more than `factor` times their distance outside the quartiles is far out
(Tukey, "Exploratory Data Analysis", 1977), both on the plain scale and on a signed logarithmic one,
sign(x) ln(1 + |x|): sizes and times spread over orders of magnitude, and a small one of identifiers
drawn at random is far from the others on the logarithmic scale only.

Deviations. AMiner's places are named by hand; here all take part that hold numbers. What keeps
leaving its range says nothing by that, as counters, times and identifiers that grow: a place takes
part if the range of the first half of its training numbers, in the order of the log, holds nearly
all of the second half. Identifiers drawn at random stay inside their range and do no harm.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.parameters import Parameters
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.message_values import (
    code_in,
    parameters_of,
    place_name,
    shown_with_kinds,
)
from anomalog_exp.features.numbers import from_logarithm, numbers, signed_logarithm
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.options.base import Fraction
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "ValueRangeDetector"]

_EVENTS_AT_ONCE = 1 << 20
_LEAST_SPREAD = 0.1
"""Distance of quartiles, in nats, that is assumed where they are nearer: a tenth of the number."""


class Config(ExperimentModelConfig):
    """Options of value ranges."""

    name: Literal["value_range"]
    bounds: Literal["seen", "quartiles"] = Field(description="what a range is")
    factor: float = Field(gt=0, description="distances of quartiles that a range goes beyond them")
    fewest_values: int = Field(ge=2, description="training numbers of a place that takes part")
    least_numeric: Fraction = Field(description="share of numbers among the values of such a place")
    most_outside: float = Field(
        ge=0, le=1, description="share of the second half outside the first"
    )

    @property
    def reads_parameters(self) -> bool:
        return True

    def build_detector(self) -> ValueRangeDetector:
        return ValueRangeDetector(self)


class _Numbers(NamedTuple):
    """Numbers in events, event by event.

    Attributes:
        event: (numbers,) int64 place among the events.
        place: (numbers,) int64.
        unit: (numbers,) int64 code of the unit.
        code: (numbers,) int64 code into the texts of the data set.
        value: (numbers,) float64 on the scale that ranges are on.
    """

    event: NDArray[np.int64]
    place: NDArray[np.int64]
    unit: NDArray[np.int64]
    code: NDArray[np.int64]
    value: NDArray[np.float64]


class ValueRangeDetector(Detector):
    """Scores sequences by numbers outside the trained ranges."""

    config: Config
    _units: Annotated[list[str], "units"]
    _keys: Annotated[NDArray[np.int64], "ranges"]
    _low: Annotated[NDArray[np.float64], "ranges"]
    _high: Annotated[NDArray[np.float64], "ranges"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        parameters = parameters_of(self.name, train.dataset)
        normal = normal_with_events(self.name, train).trainable()
        # Each event once, in the order of the log, however many windows hold it.
        rows = np.unique(normal.rows)
        value, units = numbers(parameters.texts)
        self._units = units.filter(~np.isnan(value)).unique().sort().to_list()
        found = self._numbers(parameters, rows)
        usual = self._mostly_numbers(parameters, rows, found)
        keys = found.place[usual] * len(self._units) + found.unit[usual]
        kept, group = np.unique(keys, return_inverse=True)
        part = self._take_part(group, found.value[usual])
        if not part.any():
            raise NotApplicable(
                f"{self.name} needs places with at least {self.config.fewest_values} numbers in train "
                f"that keep to a range (there is none among {len(kept):,} places with numbers)"
            )
        inside = part[group]
        self._low, self._high = self._ranges(group[inside], found.value[usual][inside])
        place, unit = np.divmod(kept[part], len(self._units))
        used, unit = np.unique(unit, return_inverse=True)
        self._units = [self._units[one] for one in used]
        self._keys = place * len(self._units) + unit

    def _numbers(self, parameters: Parameters, rows: NDArray[np.int64]) -> _Numbers:
        """The numbers of some rows of the data set whose units are known."""
        value, units = numbers(parameters.texts)
        unit = code_in(self._units, units)
        if self.config.bounds == "quartiles":
            value = signed_logarithm(value)
        usable = ~np.isnan(value) & (unit >= 0)
        parts = []
        for start in range(0, len(rows), _EVENTS_AT_ONCE):
            row, place, code = parameters.of(rows[start : start + _EVENTS_AT_ONCE])
            here = usable[code]
            row, place, code = row[here] + start, place[here], code[here]
            parts.append(_Numbers(row, place, unit[code], code, value[code]))
        none = np.empty(0, dtype=np.int64)
        parts.append(_Numbers(none, none, none, none, np.empty(0)))
        return _Numbers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _mostly_numbers(
        self, parameters: Parameters, rows: NDArray[np.int64], found: _Numbers
    ) -> NDArray[np.bool_]:
        """(numbers,) whether nearly all training values of its place are numbers."""
        places = int(parameters.first_place[-1])
        events = np.bincount(parameters.template[rows], minlength=len(parameters.places))
        values = np.repeat(events, parameters.places)
        numeric = np.bincount(found.place, minlength=places)
        return (numeric >= self.config.least_numeric * values)[found.place]

    def _take_part(self, group: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(groups,) which have enough numbers that keep to a range.

        Args:
            group: (numbers,) int64 dense, in the order of the log.
            value: (numbers,) of each.
        """
        count = np.bincount(group)
        order = np.argsort(group, kind="stable")
        nth = np.empty(len(group), dtype=np.int64)
        nth[order] = np.arange(len(group)) - (np.cumsum(count) - count)[group[order]]
        earlier = nth < ((count + 1) // 2)[group]
        # A counter soon leaves all that it was, and stays near its quartiles.
        pairs = [
            self._ranges(group[earlier], value[earlier]),
            _extremes(group[earlier], value[earlier]),
        ]
        low, high = np.maximum(pairs[0][0], pairs[1][0]), np.minimum(pairs[0][1], pairs[1][1])
        outside = ~earlier & ((value < low[group]) | (value > high[group]))
        left = np.bincount(group[outside], minlength=len(count))
        enough = count >= self.config.fewest_values
        return enough & (left <= self.config.most_outside * (count // 2))

    def _ranges(
        self, group: NDArray[np.int64], value: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(groups,) lower and upper end of the range of each group, which all have numbers."""
        if self.config.bounds == "seen":
            return _extremes(group, value)
        _, count = np.unique(group, return_counts=True)
        ranked = value[np.lexsort((value, group))]
        first = np.cumsum(count) - count
        lower = ranked[first + (count - 1) // 4]
        upper = ranked[first + (3 * (count - 1) + 3) // 4]
        reach = self.config.factor * np.maximum(upper - lower, _LEAST_SPREAD)
        ends = from_logarithm(lower), from_logarithm(upper)
        plain = self.config.factor * (ends[1] - ends[0])
        return (
            np.minimum(lower - reach, signed_logarithm(ends[0] - plain)),
            np.maximum(upper + reach, signed_logarithm(ends[1] + plain)),
        )

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return segment_maxima(self.score_events(sequences), sequences.offsets)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = np.zeros(sequences.offsets[-1])
        found, _, widths = self._outside(sequences)
        np.maximum.at(scores, found.event, widths)
        return scores

    def _outside(
        self, sequences: SequenceSet
    ) -> tuple[_Numbers, NDArray[np.int64], NDArray[np.float64]]:
        """The numbers of sequences, the range of each, and how many widths it is outside."""
        found = self._numbers(parameters_of(self.name, sequences.dataset), sequences.rows)
        keys = found.place * len(self._units) + found.unit
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        low, high = self._low[place], self._high[place]
        distance = np.maximum(np.maximum(low - found.value, found.value - high), 0.0)
        width = np.where(high > low, high - low, np.maximum(np.abs(high), 1.0))
        return found, place, np.where(self._keys[place] == keys, distance / width, 0.0)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The numbers farthest outside, with their ranges."""
        dataset = sequences.dataset
        found, place, widths = self._outside(sequences)
        owner = np.repeat(np.arange(len(sequences)), sequences.lengths)[found.event]
        parameters, outside = parameters_of(self.name, dataset), np.flatnonzero(widths)
        named = shown_with_kinds(parameters, found.place[outside], found.code[outside])
        reasons: list[dict[str, float]] = [{} for _ in range(len(sequences))]
        for i, number in zip(outside.tolist(), named, strict=True):
            where = place_name(dataset, [int(found.place[i])])
            reasons[owner[i]][f"{where}: {number} {self._range(int(place[i]))}"] = float(widths[i])
        return [sorted(one.items(), key=lambda pair: -pair[1])[:top] for one in reasons]

    def _range(self, place: int) -> str:
        """What a number outside a range is, in words."""
        unit = self._units[int(self._keys[place]) % len(self._units)]
        low, high = (float(ends[place]) for ends in (self._low, self._high))
        if self.config.bounds == "seen":
            return f"is outside {low:.15g}{unit} to {high:.15g}{unit}, all that training had"
        low, high = (float(np.sign(end) * np.expm1(abs(end))) for end in (low, high))
        return f"is far outside what is usual, {low:.3g}{unit} to {high:.3g}{unit}"

    def manifest(self) -> dict[str, object]:
        """How many ranges were learned."""
        return {"ranges_learned": len(self._keys)}


def _extremes(
    group: NDArray[np.int64], value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(groups,) the smallest and the largest number of each group, which all have numbers."""
    ranked = value[np.lexsort((value, group))]
    _, count = np.unique(group, return_counts=True)
    last = np.cumsum(count)
    return ranked[last - count], ranked[last - 1]
