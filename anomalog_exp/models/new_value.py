"""New values: what a message has in a place of its template where normal training never had it.

Source: Landauer, Wurzenberger, Skopik, Hotwagner, Höld, "AMiner: A Modular Log Data Analysis
Pipeline for Anomaly-based Intrusion Detection", Digital Threats: Research and Practice 4 (1), 2023,
by its NewMatchPathValueDetector, and with `pairs` its NewMatchPathValueComboDetector for two places
of one event. Score: nats of the most surprising new value of a sequence, 0 where
nothing is new. That of a new value is minus the logarithm of its chance, (rare + 1) / (shown + 1):
`shown` counts the values that training sequences have in that place, each once for each sequence, and
`rare` those that one sequence alone has, or as few as count as new. By Good-Turing their share is the
chance that the next value is new. If more of the second half of training was new to the first half, it
is that share. So a new value says much in a place of few values that is often seen, and nothing in a
place of identifiers.

Deviations. AMiner's places are named by hand; here all take part where values are few and new ones
rare. A place of many numbers holds measurements, of which one more is nothing new: how large it is, is
for `value_range`. Values are counted once for each sequence, as a session repeats its own identifier.
Two values in one event that were never together count where each is known, and by the same rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.value_kinds import KINDS
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.message_values import (
    code_in,
    parameters_of,
    place_name,
    shown,
    shown_with_kinds,
)
from anomalog_exp.features.novelty import Halves, Novelty, Observations
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.options.base import Count, Fraction
from anomalog_exp.plural import how_many
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "NewValueDetector"]

_EVENTS_AT_ONCE = 1 << 20
_NUMBERS = np.array([KINDS.index(kind) for kind in ("integer", "decimal", "size", "duration")])


class Config(ExperimentModelConfig):
    """Options of new values."""

    added_since: ClassVar[dict[str, Any]] = {"most_numbers": None}

    name: Literal["new_value"]
    seen_in_at_most: int = Field(ge=0, description="training sequences that have a new value")
    pairs: bool = Field(description="judge two values of one event together, too")
    most_values: Count = Field(description="distinct values of a place that takes part")
    most_numbers: Count | None = Field(description="the same of a place that holds numbers")
    most_new: Fraction = Field(description="chance of a new value in a place that takes part")

    @property
    def reads_parameters(self) -> bool:
        return True

    def build_detector(self) -> NewValueDetector:
        return NewValueDetector(self)


class _Values(NamedTuple):
    """Values of events in places that take part, event by event.

    Attributes:
        event: (values,) int64 place among the events, sequence by sequence.
        place: (values,) int64.
        code: (values,) int64 code into the texts of the data set.
        known: (values,) int64 which of the known values it is, -1 for a new one.
        nats: (values,) float64 how surprising it is; 0 for a known one.
    """

    event: NDArray[np.int64]
    place: NDArray[np.int64]
    code: NDArray[np.int64]
    known: NDArray[np.int64]
    nats: NDArray[np.float64]


class NewValueDetector(Detector):
    """Scores sequences by values that training never had in their places."""

    in_nats: ClassVar[bool] = True

    config: Config
    _texts: Annotated[list[str], "texts"]
    _values: Novelty
    _pairs: Novelty

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        parameters = parameters_of(self.name, train.dataset)
        normal = normal_with_events(self.name, train).trainable()
        size = max(len(parameters.texts), 1)
        halves = _halves(normal)

        def observed(sequences: SequenceSet) -> Observations:
            for part in sequences.portions(_EVENTS_AT_ONCE):
                found = parameters.of(part.rows)
                yield _owner(part)[found.row], found.place * size + found.code

        counts = Halves.of(*map(observed, halves))
        places = np.unique(counts.keys // size)
        seen = self._novelty(counts, counts.keys // size, self._most(parameters.kind[places]))
        if not len(seen.groups):
            raise NotApplicable(
                f"{self.name} needs places whose values come again in other training sequences (of "
                f"{len(places):,} places with values, none has at most {self.config.most_values:,}, or "
                f"{self._most(_NUMBERS)[0]:,} numbers, and seldom a new one)"
            )
        place, code = np.divmod(seen.known, size)
        codes, text = np.unique(code, return_inverse=True)
        self._texts = parameters.texts.gather(codes).to_list()
        self._values = replace(seen, known=self._key(place, text))
        together = Halves.of(
            *(self._pairs_seen(half) if self.config.pairs else () for half in halves)
        )
        groups = self._group_of_pairs(together.keys)
        self._pairs = self._novelty(together, groups, self.config.most_values)

    def _novelty(
        self, counts: Halves, group: NDArray[np.int64], most: int | NDArray[np.int64]
    ) -> Novelty:
        return Novelty.of(
            counts,
            group,
            at_most=self.config.seen_in_at_most,
            most_keys=most,
            most_new=self.config.most_new,
        )

    def _most(self, kind: NDArray[np.int8]) -> NDArray[np.int64]:
        """(places,) how many distinct values a place of each kind may have."""
        most = self.config.most_values
        numbers = most if self.config.most_numbers is None else self.config.most_numbers
        return np.where(np.isin(kind, _NUMBERS), min(numbers, most), most)

    def _key(self, place: NDArray[np.int64], text: NDArray[np.int64]) -> NDArray[np.int64]:
        """(values,) what names a text in a place; the text is -1 where training never had it."""
        return place * (len(self._texts) + 1) + text + 1

    def _pairs_seen(self, sequences: SequenceSet) -> Observations:
        for part in sequences.portions(_EVENTS_AT_ONCE):
            values = self._values_of(part)
            first, _, key = self._pairs_of(values)
            yield _owner(part)[values.event[first]], key

    def _values_of(self, sequences: SequenceSet) -> _Values:
        parameters = parameters_of(self.name, sequences.dataset)
        found = parameters.of(sequences.rows)
        takes_part = np.zeros(int(parameters.first_place[-1]), dtype=bool)
        takes_part[self._values.groups] = True
        here = takes_part[found.place]
        event, place, code = found.row[here], found.place[here], found.code[here]
        text = code_in(self._texts, parameters.texts)[code]
        known = self._values.find(self._key(place, text))
        return _Values(event, place, code, known, self._values.nats_of(place, known))

    def _pairs_of(
        self, values: _Values
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(pairs,) indices of both known values of an event, and the key of the pair."""
        index = np.flatnonzero(values.known >= 0)
        event = values.event[index]
        firsts, seconds = [index[:0]], [index[:0]]
        for lag in range(1, len(index)):
            same = np.flatnonzero(event[lag:] == event[:-lag])
            if not len(same):
                break
            firsts.append(index[same])
            seconds.append(index[same + lag])
        first, second = np.concatenate(firsts), np.concatenate(seconds)
        order = np.lexsort((second, first))
        first, second = first[order], second[order]
        return first, second, values.known[first] * len(self._values.known) + values.known[second]

    def _group_of_pairs(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """(pairs,) what names the two places of each."""
        first, second = np.divmod(keys, max(len(self._values.known), 1))
        group = self._values.group_of
        return group[first] * len(self._values.groups) + group[second]

    def _nats_of_pairs(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._pairs.nats_of(self._group_of_pairs(keys), self._pairs.find(keys))

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return segment_maxima(self.score_events(sequences), sequences.offsets)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return np.concatenate([self._event_scores(p) for p in sequences.portions(_EVENTS_AT_ONCE)])

    def _event_scores(self, sequences: SequenceSet) -> NDArray[np.float64]:
        scores = np.zeros(sequences.offsets[-1])
        values = self._values_of(sequences)
        np.maximum.at(scores, values.event, values.nats)
        if self.config.pairs:
            first, _, keys = self._pairs_of(values)
            np.maximum.at(scores, values.event[first], self._nats_of_pairs(keys))
        return scores

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The new values and pairs, the most surprising first, with what training had there."""
        values = self._values_of(sequences)
        owner = _owner(sequences)[values.event]
        reasons: list[dict[str, float]] = [{} for _ in range(len(sequences))]
        parameters = parameters_of(self.name, sequences.dataset)
        names, new = parameters.texts, np.flatnonzero(values.nats)
        named = shown_with_kinds(parameters, values.place[new], values.code[new])
        for i, value in zip(new.tolist(), named, strict=True):
            place = int(values.place[i])
            told = f"{place_name(sequences.dataset, [place])}: {value} {self._seldom('was')}"
            how_many, usual = self._values.usual(place)
            what = "" if usual is None else self._text(usual)
            reasons[owner[i]][f"{told} {_known(how_many, 'value', what)}"] = float(values.nats[i])
        first, second, keys = self._pairs_of(values) if self.config.pairs else (owner[:0],) * 3
        nats, groups = self._nats_of_pairs(keys), self._group_of_pairs(keys)
        for i in np.flatnonzero(nats).tolist():
            both = [int(first[i]), int(second[i])]
            where = place_name(sequences.dataset, [int(values.place[one]) for one in both])
            pair = " and ".join(shown(names[int(values.code[one])]) for one in both)
            how_many, usual = self._pairs.usual(int(groups[i]))
            what = "" if usual is None else self._pair_text(int(self._pairs.known[usual]))
            told = (
                f"{where}: {pair} {self._seldom('were')} together {_known(how_many, 'pair', what)}"
            )
            reasons[owner[first[i]]][told] = float(nats[i])
        return [sorted(one.items(), key=lambda pair: -pair[1])[:top] for one in reasons]

    def _seldom(self, verb: str) -> str:
        most = self.config.seen_in_at_most
        if not most:
            return f"{verb} never seen"
        return f"{verb} seen in at most {how_many(most, 'training sequence')}"

    def _text(self, known: int) -> str:
        """The value of a known one."""
        return shown(self._texts[int(self._values.known[known]) % (len(self._texts) + 1) - 1])

    def _pair_text(self, key: int) -> str:
        return " and ".join(map(self._text, divmod(key, len(self._values.known))))

    def manifest(self) -> dict[str, object]:
        """How many places take part, and what is known in them."""
        return {
            "places": len(self._values.groups),
            "values": len(self._values.known),
            "pairs_of_places": len(self._pairs.groups),
            "pairs": len(self._pairs.known),
        }


def _halves(sequences: SequenceSet) -> tuple[SequenceSet, SequenceSet]:
    """The first half of the sequences, which is the longer one, and the rest."""
    middle = (len(sequences) + 1) // 2
    return sequences.take(slice(middle)), sequences.take(slice(middle, None))


def _owner(sequences: SequenceSet) -> NDArray[np.int64]:
    """(events,) the sequence of each."""
    return np.repeat(np.arange(len(sequences)), sequences.lengths)


def _known(how_many: int, thing: str, usual: str) -> str:
    """What was seen in the place of something new, in brackets."""
    if how_many == 1:
        return f"(one {thing} was, {usual})"
    return f"({how_many:,} {thing}s were, as {usual})" if how_many else f"(no {thing} was)"
