"""Union: flags what any of its members flags.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024, which combines its
simple detectors this way: new events, sequence lengths and count vectors.

Every member is a whole detector with a decision rule of its own, and its threshold comes from training
as if it ran alone. Score: the largest over the members of (score - threshold) / scale, so that more
than 0 means that a member flags. The scale makes members comparable, as the mean distance of the
training scores from the threshold; it is 1 where all of them lie on it, as those of `new_event` do.
Where a member does not apply, neither does the union.

Events are judged by the members that judge them, each by its rule over training events; a data set
without labels of events needs no thresholds for them, and has no scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.calibrate import Training
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.learned import restored, state_of
from anomalog_exp.detection.members import CompoundConfig, CompoundDetector, all_abstain
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import NotApplicable
from anomalog_exp.options.extras import extra_named
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "UnionDetector"]


class Config(CompoundConfig):
    """Options of a union: its members."""

    name: Literal["union"]

    def build_detector(self) -> UnionDetector:
        return UnionDetector(self)


@dataclass(frozen=True)
class _Scales:
    """What makes the scores of a member comparable: distances from a threshold that count as 1.

    Attributes:
        member: The member's name; JSON does not keep the order of the config's.
        sequences: For scores of sequences.
        events: For scores of single events; None where the member judges none.
    """

    member: str
    sequences: float
    events: float | None


@dataclass(frozen=True)
class _Member:
    """A judge of its own, made comparable."""

    judge: Judge
    scales: _Scales

    @property
    def name(self) -> str:
        return self.scales.member

    def excess(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """(sequences,) how far each scores above the threshold, in the member's scale.

        What the member abstains from is not above it.
        """
        scores = self.judge.detector.score(sequences)
        excess = (scores - self.judge.threshold) / self.scales.sequences
        abstained = self.judge.detector.abstained(sequences)
        return excess if abstained is None else np.where(abstained, np.minimum(excess, 0.0), excess)

    def event_excess(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        """(sum of lengths,) the same for single events; None where the member judges none."""
        if self.judge.event_threshold is None or self.scales.events is None:
            return None
        scores = _event_scores(self.judge.detector, sequences)
        excess = (scores - self.judge.event_threshold) / self.scales.events
        abstained = self.judge.detector.abstained_events(sequences)
        return excess if abstained is None else np.where(abstained, np.minimum(excess, 0.0), excess)


class UnionDetector(CompoundDetector):
    """Scores sequences by the member that is farthest above its threshold."""

    config: Config

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        try:
            self._members = [
                _fitted(name, one, train, valid) for name, one in self.config.members.items()
            ]
        except NotApplicable as reason:
            raise NotApplicable(f"{self.name} needs all its members to apply: {reason}") from reason

    @property
    def detectors_inside(self) -> dict[str, Detector]:
        return {member.name: member.judge.detector for member in self._members}

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._excess(sequences).max(axis=0)

    def abstained(self, sequences: SequenceSet) -> NDArray[np.bool_] | None:
        """Where all members abstain."""
        return all_abstain([one.judge.detector.abstained(sequences) for one in self._members])

    def abstained_events(self, sequences: SequenceSet) -> NDArray[np.bool_] | None:
        """Where all members that judge single events abstain."""
        judging = [one.judge for one in self._members if one.judge.event_threshold is not None]
        return all_abstain([one.detector.abstained_events(sequences) for one in judging])

    def _excess(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """(members, sequences) each above 0 where the member flags."""
        return np.stack([member.excess(sequences) for member in self._members])

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        all_members = [member.event_excess(sequences) for member in self._members]
        judged = [excess for excess in all_members if excess is not None]
        return np.max(judged, axis=0) if judged else None

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The evidence of the members that flag.

        A member's strongest evidence weighs as much as the member is above its threshold, the others
        in proportion; a member without evidence is named alone.
        """
        reasons: list[list[tuple[str, float]]] = [[] for _ in range(len(sequences))]
        for member, excess in zip(self._members, self._excess(sequences), strict=True):
            flagged = np.flatnonzero(excess > 0)
            evidence = member.judge.detector.explain(sequences.take(flagged), max(top, 1))
            for i, pairs in zip(flagged.tolist(), evidence, strict=True):
                strongest = pairs[0][1] if pairs else 0.0
                scale = excess[i] / strongest if strongest > 0 else 0.0
                named = [
                    (f"{member.name}: {text}", float(weight * scale)) for text, weight in pairs
                ]
                reasons[i] += named if scale else [(member.name, float(excess[i]))]
        return [sorted(pairs, key=lambda pair: -pair[1])[:top] for pairs in reasons]

    def manifest(self) -> dict[str, object]:
        """Threshold, scale and sizes of each member."""
        return {
            "members": {
                member.name: {
                    "detector": member.judge.config.name,
                    "threshold": member.judge.threshold,
                    "scale": member.scales.sequences,
                    **member.judge.basis,
                    **member.judge.detector.manifest(),
                }
                for member in self._members
            }
        }

    def state(self) -> DetectorState:
        parts = {}
        for number, member in enumerate(self._members):
            parts[f"judge {number}"] = member.judge.state()
            parts[f"scales {number}"] = state_of(member.scales)
        return DetectorState.joined(parts)

    def restore(self, state: DetectorState) -> None:
        configs = self.config.members
        numbers = range(len(configs))
        state.refuse_others(*(f"{kind} {n}" for n in numbers for kind in ("judge", "scales")))
        scales = [_Scales(**restored(_Scales, state.part(f"scales {n}"))) for n in numbers]
        names = [one.member for one in scales]
        self.refuse_other_members(names)
        self._members = [
            _Member(Judge.from_state(configs[name], state.part(f"judge {n}")), scale)
            for n, (name, scale) in enumerate(zip(names, scales, strict=True))
        ]


def _fitted(
    name: str, config: ExperimentModelConfig, train: SequenceSet, valid: SequenceSet | None
) -> _Member:
    training = Training(config, train, valid)
    with extra_named(f"model.members.{name}", config.name):
        hidden, key = train.unlabelled(), f"model.members.{name}"
        training.announce_fit(key)
        detector = training.fitted()
        training.announce(detector, hidden, key=key)
        judge = Judge.decided(training, detector)
    scale = _scale(judge.detector.score(hidden), training.sequence_labels, judge.threshold)
    event_scale = None
    if judge.event_threshold is not None:
        scores = _event_scores(judge.detector, hidden)[train.may_train]
        event_scale = _scale(scores, training.event_labels, judge.event_threshold)
    return _Member(judge, _Scales(name, scale, event_scale))


def _scale(scores: NDArray[np.float64], label: NDArray[np.int8], threshold: float) -> float:
    """The mean distance of training scores that may be normal from the threshold; 1 for none."""
    usable = scores[label != 1]
    return (float(np.abs(usable - threshold).mean()) if len(usable) else 0.0) or 1.0


def _event_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    scores = detector.score_events(sequences)
    assert scores is not None
    return scores
