"""Ensemble: how surprising a sequence is to all of its members together.

Scores of different detectors have different units. Each becomes a surprise in nats, -ln of the share of
training sequences that score at least as much. Source: Kriegel, Kröger, Schubert, Zimek, "Interpreting
and Unifying Outlier Scores", SDM 2011, on scaling scores by their statistics. Shares end at one
sequence. Above the 95 percentile the surprise goes on as that of an exponential distribution, so that
far outside counts more than just outside; its scale is that of the body of the scores, from their
median to their 90 percentile, which the odd ones in training do not move.

Score: minus the logarithm of a chance, in nats: the smaller of two, so that 7 is what at most one usual
sequence in 550 has.

- Many members are surprised a little. A usual sequence is surprising by 1 nat on average; what each
  member is surprised beyond that is added up, and the chance is that of as much from as many
  independent members. The sum is Fisher's ("Statistical Methods for Research Workers", 1932); cutting
  surprises at 1 nat is ours.
- One member is surprised a lot: the harmonic mean of the members' chances (Wilson, "The harmonic mean
  p-value for combining dependent tests", PNAS 116 (4), 2019), which members that see the same thing do
  not shrink. Weights, as in that paper, say how much a member is believed alone. A member whose scores
  are nats by themselves is surprised by these here, if they are more: a value that is new among
  thousands is a rarer thing than the rank of its window tells.

The threshold of its own is where so many sequences as were trained on, all of them usual, are expected
to hold `false_alarms` above it at most.

A member that does not apply, or that abstains from all of training, takes no part, which the manifest
says. One that abstains from a sequence is not surprised by it, whatever it scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, exp, factorial, log
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from anomalog_exp.detection.announced import announce_if_long, announce_long_fit
from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.learned import restored, state_of
from anomalog_exp.detection.members import CompoundConfig, CompoundDetector, all_abstain
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.options.extras import extra_named
from anomalog_exp.options.listing import option_names
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "EnsembleDetector"]

_TAIL: Final = 0.95
_BODY: Final = (0.5, 0.9)
_WAYS: Final = 2
"""Chances of which the score takes the smaller one."""

_USUAL: Final = 1.0
"""The mean of an exponential distribution of nats."""


class Config(CompoundConfig):
    """Options of an ensemble: its members."""

    added_since: ClassVar[dict[str, Any]] = {"weights": {}}

    name: Literal["ensemble"]
    weights: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        description="how much members are believed alone; 1 for those that are not named"
    )
    false_alarms: float = Field(
        gt=0, description="expected in as many sequences as were trained on"
    )

    @model_validator(mode="after")
    def _weights_name_members(self) -> Self:
        """A weight may be of a detector that is no member: one that was taken away leaves it behind."""
        known = {*self.members, *option_names("model")}
        if others := [name for name in self.weights if name not in known]:
            raise ConfigError.of(
                f"model.weights.{others[0]}",
                self.weights[others[0]],
                problem="there is no such member",
                allowed=", ".join(self.members),
                fix=did_you_mean(others[0], list(self.members), "name a member, or take it away"),
            )
        return self

    def build_detector(self) -> EnsembleDetector:
        return EnsembleDetector(self)


@dataclass(frozen=True)
class _Surprise:
    """How surprising the scores of a member are.

    Attributes:
        scores: Different scores of training sequences, ascending.
        nats: The surprise of each.
        tail: Scores above it are outside.
        tail_nats: The surprise just above it.
        scale: So much more of a score is a nat more outside.
    """

    scores: Annotated[NDArray[np.float64], "scores"]
    nats: Annotated[NDArray[np.float64], "scores"]
    tail: float
    tail_nats: float
    scale: float

    @classmethod
    def learned(cls, scores: NDArray[np.float64]) -> Self:
        """What the scores of usual sequences, at least one, tell."""
        different, count = np.unique(scores, return_counts=True)
        at_least = np.cumsum(count[::-1])[::-1]
        tail, middle, high = np.quantile(scores, (_TAIL, *_BODY), method="lower").tolist()
        above = np.sort(scores[scores > tail])
        scale = (high - middle) / log((1 - _BODY[0]) / (1 - _BODY[1]))
        if not scale and len(above):  # most scores are equal: the lower half of those outside it is
            scale = float((above[: (len(above) + 1) // 2] - tail).mean())
        share = (len(above) + 1) / (len(scores) + 1)
        nats = -np.log(at_least / len(scores))
        return cls(different, nats, tail, -log(share), scale or 1.0)

    def of(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """(scores,) nats."""
        place = np.minimum(np.searchsorted(self.scores, scores), len(self.scores) - 1)
        outside = self.tail_nats + (scores - self.tail) / self.scale
        return np.where(scores > self.tail, outside, self.nats[place])


class EnsembleDetector(CompoundDetector):
    """Scores sequences by what all members together are surprised."""

    config: Config

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        usual = train.normal().unlabelled()
        self._detectors: list[Detector] = []
        self._surprises: list[_Surprise] = []
        self._names: list[str] = []
        self._trained = len(usual)
        reasons = []
        for name, config in self.config.members.items():
            with extra_named(f"model.members.{name}", config.name):
                detector = config.build_detector()
            key = f"model.members.{name}"
            announce_long_fit(config, train, valid, key)
            try:
                detector.fit(train, valid)
            except NotApplicable as reason:
                reasons.append(str(reason))
                continue
            announce_if_long(detector, [usual], key)
            scores, abstained = detector.score(usual), detector.abstained(usual)
            answers = scores if abstained is None else scores[~abstained]
            if not len(answers):
                reasons.append(f"{detector.name} decides no usual sequence of train")
                continue
            self._names.append(name)
            self._detectors.append(detector)
            self._surprises.append(_Surprise.learned(answers))
        if not self._detectors:
            raise NotApplicable(f"{self.name} needs a member that applies: {'; '.join(reasons)}")

    @property
    def own_threshold(self) -> float:
        return log(_WAYS * self._trained / self.config.false_alarms)

    @property
    def detectors_inside(self) -> dict[str, Detector]:
        return dict(zip(self._names, self._detectors, strict=True))

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        ranked, own = self._nats(sequences)
        beyond = np.maximum(ranked - _USUAL, 0.0).sum(axis=0)
        weights = np.array([self.config.weights.get(name, 1.0) for name in self._names])
        return np.maximum(_joint(beyond, len(ranked)), _harmonic_mean(own, weights))

    def abstained(self, sequences: SequenceSet) -> NDArray[np.bool_] | None:
        """Where all members abstain."""
        return all_abstain([detector.abstained(sequences) for detector in self._detectors])

    def _nats(self, sequences: SequenceSet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How surprising each is to each member, (members, sequences): by rank; or by its own nats.

        What a member abstains from surprises it by 0.
        """
        ranked, own = [], []
        for detector, surprise in zip(self._detectors, self._surprises, strict=True):
            scores, abstained = detector.score(sequences), detector.abstained(sequences)
            nats = surprise.of(scores)
            if abstained is not None:
                nats, scores = (np.where(abstained, 0.0, one) for one in (nats, scores))
            ranked.append(nats)
            own.append(np.maximum(nats, scores) if detector.in_nats else nats)
        return np.stack(ranked), np.stack(own)

    def blamed_events(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        """What the members that are surprised blame, the event most that the most surprised one does.

        The event that a member blames most weighs as much as the member is surprised, others in
        proportion.
        """
        found = []
        for detector, nats in zip(self._detectors, self._nats(sequences)[1], strict=True):
            blame = detector.blamed_events(sequences)
            if blame is None:
                continue
            most = segment_maxima(blame, sequences.offsets)
            scale = np.divide(
                nats, most, out=np.zeros_like(most), where=(most > 0) & (nats > _USUAL)
            )
            found.append(np.maximum(blame, 0.0) * np.repeat(scale, sequences.lengths))
        return np.maximum.reduce(found) if found else None

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The evidence of the members that are surprised.

        A member's strongest evidence weighs as much as the member is surprised, the others in
        proportion; a member without evidence is named alone.
        """
        reasons: list[list[tuple[str, float]]] = [[] for _ in range(len(sequences))]
        for member, detector, nats in zip(
            self._names, self._detectors, self._nats(sequences)[1], strict=True
        ):
            surprised = np.flatnonzero(nats > _USUAL)
            evidence = detector.explain(sequences.take(surprised), max(top, 1))
            for i, pairs in zip(surprised.tolist(), evidence, strict=True):
                strongest = pairs[0][1] if pairs else 0.0
                scale = nats[i] / strongest if strongest > 0 else 0.0
                named = [(f"{member}: {text}", float(weight * scale)) for text, weight in pairs]
                reasons[i] += named if scale else [(member, float(nats[i]))]
        return [sorted(pairs, key=lambda pair: -pair[1])[:top] for pairs in reasons]

    def manifest(self) -> dict[str, object]:
        """What each member is, and which took no part."""
        taken = {
            name: {"detector": detector.name, **detector.manifest()}
            for name, detector in zip(self._names, self._detectors, strict=True)
        }
        return {
            "members": taken,
            "members_not_applicable": [n for n in self.config.members if n not in taken],
        }

    def state(self) -> DetectorState:
        parts = {"taken": state_of(_Taken(self._trained, self._names))}
        for number, pair in enumerate(zip(self._detectors, self._surprises, strict=True)):
            detector, surprise = pair
            parts |= {f"detector {number}": detector.state()}
            parts |= {f"surprise {number}": state_of(surprise)}
        return DetectorState.joined(parts)

    def restore(self, state: DetectorState) -> None:
        taken = _Taken(**restored(_Taken, state.part("taken")))
        names, configs = taken.members, self.config.members
        self.refuse_other_members([*names, *(n for n in configs if n not in names)])
        numbers = range(len(names))
        kinds = ("detector", "surprise")
        state.refuse_others("taken", *(f"{kind} {n}" for n in numbers for kind in kinds))
        self._trained, self._names = taken.sequences, names
        self._surprises = [
            _Surprise(**restored(_Surprise, state.part(f"surprise {n}"))) for n in numbers
        ]
        unfitted = [configs[name].build_detector() for name in names]
        self._detectors = [
            type(one).from_state(one.config, state.part(f"detector {n}"))
            for n, one in enumerate(unfitted)
        ]


@dataclass(frozen=True)
class _Taken:
    """How many sequences trained, and the members that apply."""

    sequences: int
    members: list[str]


def _harmonic_mean(nats: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sequences,) -ln of the harmonic mean of chances.

    Args:
        nats: (members, sequences) -ln of the chances.
        weights: (members,) of which only the proportions count.
    """
    most = nats.max(axis=0)
    shares = weights[:, None] / weights.sum()
    return most + np.log((shares * np.exp(nats - most)).sum(axis=0))


def _joint(beyond: NDArray[np.float64], members: int) -> NDArray[np.float64]:
    """(sequences,) -ln of the chance that usual, independent members are surprised by as much in all.

    A member is beyond 1 nat with a chance of 1/e, and then by an exponential amount: the sum of k such
    amounts exceeds t with a chance of e^-t * sum of t^j / j! over j < k.

    Args:
        beyond: (sequences,) nats beyond 1, added up over the members.
        members: How many there are.
    """
    chance = exp(-_USUAL)
    # Coefficient of t^j: the chance that more than j members are beyond 1 nat, over j!.
    weights = [
        comb(members, k) * chance**k * (1 - chance) ** (members - k) for k in range(members + 1)
    ]
    more = [sum(weights[j + 1 :]) / factorial(j) for j in range(members)]
    joint = beyond - np.log(np.polynomial.polynomial.polyval(beyond, more))
    return np.where(beyond > 0, joint, 0.0)
