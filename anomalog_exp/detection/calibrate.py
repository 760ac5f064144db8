"""Thresholds of a fitted detector, by the rule of its config: one for sequences, one for single events.

A rule looks at scores of units that train, at scores of units that the fit did not learn from, or at a
threshold that the method derives itself. Where the split holds a validation part back, both are the
scores of that part: the fit did not learn from it, so that it scores as new logs do. Without one, the
former are those of the training part, and for the latter a second detector is fitted without its last
sequences, or training is left out part by part, see `left_out`. The oracle rule alone looks at the test
part, which nobody passes for any other rule. Where a detector abstains, its score is no answer, and no
rule looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.announced import announce_if_long, announce_long_fit, may_be_long
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.left_out import folds_left_out
from anomalog_exp.detection.rule import Calibration, LeftOut, Scored
from anomalog_exp.detection.scores import decided, event_scores, judged_rows, left_out_scores
from anomalog_exp.detection.units import (
    decided_sequences,
    event_labels,
    scored_events,
    scored_sequences,
    sequence_labels,
)
from anomalog_exp.errors import NotApplicable
from anomalog_exp.progress import SILENT, Progress
from anomalog_exp.sequences.coverage import any_overlap
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["Decided", "Training"]

Units = Callable[[Detector, SequenceSet], Scored]
"""The units that a threshold is for: the sequences, or those of their events that may train."""


class Decided(NamedTuple):
    """A threshold, and what a manifest says of how it came about."""

    threshold: float
    basis: dict[str, object]


@dataclass(frozen=True, eq=False)
class Training:
    """What a detector was fitted on, and what its thresholds are derived from.

    Attributes:
        config: The detector and its decision rule.
        train: The training sequences, with their labels.
        valid: Sequences held back from training, whose scores rules look at; None where there are none.
        oracle: All sequences with the labels of the test part, for an oracle rule; None for others.
    """

    config: ExperimentModelConfig
    train: SequenceSet
    valid: SequenceSet | None = None
    oracle: SequenceSet | None = None

    @classmethod
    def of(
        cls,
        config: ExperimentModelConfig,
        train: SequenceSet,
        valid: SequenceSet | None = None,
        oracle: SequenceSet | None = None,
    ) -> Self:
        """The same over the vocabulary of training, which ends with `<unknown>`."""
        vocabulary = Vocabulary.of(train)
        return cls(
            config,
            vocabulary.read(train),
            None if valid is None else vocabulary.read(valid),
            None if oracle is None else vocabulary.read(oracle),
        )

    def announce_fit(self, key: str = "model") -> None:
        """Warn if to fit the detector takes long.

        Args:
            key: Of its config.
        """
        announce_long_fit(self.config, self.train, self.valid, key)

    def fitted(self, progress: Progress = SILENT) -> Detector:
        """A detector that has learned from the training sequences.

        Args:
            progress: Told of the stages of a long fit.

        Raises:
            NotApplicable: they cannot train this detector.
        """
        detector = self.config.build_detector()
        detector.progress = progress
        detector.fit(self.train, self.valid)
        return detector

    def sequence_threshold(self, detector: Detector) -> Decided:
        """The threshold for scores of sequences.

        Raises:
            NotApplicable: the rule does not apply to this detector or these sequences.
        """
        own = detector.own_threshold
        return self._decided(detector, scored_sequences, own, self._test_sequences)

    @property
    def _calibrating(self) -> SequenceSet:
        """The sequences whose scores rules look at: those for validation, where there are any."""
        return self.train if self.valid is None else self.valid

    def announce(self, detector: Detector, *more: SequenceSet, key: str = "model") -> None:
        """Warn if the detector takes long for its threshold and for scoring what it scores besides.

        Args:
            detector: Fitted on these sequences.
            more: Sequences of their data set that are scored next, with the labels or without.
            key: Of its config.
        """
        if not may_be_long(detector):
            return
        vocabulary = Vocabulary.of(self.train)
        scored = [vocabulary.read(one.unlabelled()) for one in more]
        asks = self.config.decision.scores_training
        announce_if_long(detector, [*scored, *([self._calibrating.unlabelled()] * asks)], key)

    @property
    def sequence_labels(self) -> NDArray[np.int8]:
        """(training sequences,) int8 labels that rules may read."""
        return sequence_labels(self.train)

    def event_threshold(self, detector: Detector) -> float | None:
        """The threshold for scores of single events, by the same rule.

        None where the data set labels no events, or the detector does not score them.

        Raises:
            NotApplicable: the rule does not apply to single events.
        """
        if not self.train.dataset.labels_events:
            return None
        if event_scores(detector, self._calibrating.take(slice(1)).unlabelled()) is None:
            return None
        own = detector.own_event_threshold
        return self._decided(detector, scored_events, own, self._test_events).threshold

    @property
    def event_labels(self) -> NDArray[np.int8]:
        """(events that may train,) int8 labels, sequence by sequence."""
        return event_labels(self.train)

    def _decided(
        self,
        detector: Detector,
        units: Units,
        own_threshold: float | None,
        test: Callable[[Detector], Scored],
    ) -> Decided:
        calibration = Calibration(
            scored=lambda: units(detector, self._calibrating),
            log_odds=type(detector).log_odds,
            own_threshold=own_threshold,
            held_out=lambda share: self._held_out_scores(detector, share, units),
            left_out=cache(lambda folds: self._left_out_scores(detector, folds, units)),
            test=lambda: test(detector),
            part="training" if self.valid is None else "validation",
        )
        rule = self.config.decision
        return Decided(rule.threshold(calibration), rule.basis(calibration))

    def _held_out_scores(
        self, detector: Detector, share: float, units: Units
    ) -> NDArray[np.float64]:
        """Scores of normal sequences by a detector that never saw them.

        They are those for validation; where there are none, the last ones in training, by a detector
        that is fitted on the others.
        """
        if self.valid is not None:
            return self._held_back(detector, self.valid, units)
        train = self.train
        normal = np.flatnonzero(self.sequence_labels != 1)
        held = int((Decimal(str(share)) * len(normal)).to_integral_value(ROUND_CEILING))
        if held >= len(normal):
            raise NotApplicable(
                "the decision rule false_positive_rate needs normal sequences in train to hold some "
                f"out and fit on the others (there are {len(normal)})"
            )
        kept = np.ones(len(train), dtype=bool)
        kept[normal[-held:]] = False
        another = Training(self.config, train.take(kept)).fitted()
        return units(another, train.take(~kept))[0]

    def _left_out_scores(self, detector: Detector, folds: int, units: Units) -> LeftOut:
        """Scores of all normal sequences by what others teach; those for validation, where they are."""
        monotone = detector.monotone
        if self.valid is not None:
            return LeftOut(self._held_back(detector, self.valid, units), "validation", monotone)
        train = self.train
        normal = np.flatnonzero(self.sequence_labels != 1)
        if len(normal) < 2:
            raise NotApplicable(
                "the decision rule conformal needs two normal sequences in train, to score each by "
                f"what others teach (there are {len(normal)})"
            )
        if (
            units is scored_sequences
            and train.train_events is None
            and not any_overlap(train.start, train.stop)
        ):
            alone = left_out_scores(detector, train)
            if alone is not None:
                return LeftOut(alone, "not drawn" if detector.draws else "others", monotone)
        scores = [
            units(Training(self.config, others).fitted(), fold)[0]
            for fold, others in folds_left_out(train, normal, folds)
        ]
        return LeftOut(np.concatenate(scores), "folds", monotone)

    def _held_back(
        self, detector: Detector, valid: SequenceSet, units: Units
    ) -> NDArray[np.float64]:
        """The scores of normal sequences of the validation part."""
        return units(detector, valid.take(sequence_labels(valid) != 1))[0]

    def _test_sequences(self, detector: Detector) -> Scored:
        test = self._for_oracle.part(Split.TEST)
        scores, kept = decided_sequences(detector, test)
        return scores[kept], test.label[kept]

    def _test_events(self, detector: Detector) -> Scored:
        tested = self._for_oracle.evaluated()
        judged = judged_rows(detector, tested.unlabelled())
        assert judged is not None
        rows, scores, abstained = judged
        kept = decided(abstained, len(rows))
        return scores[kept], np.asarray(tested.dataset.label)[rows[kept]]

    @property
    def _for_oracle(self) -> SequenceSet:
        if self.oracle is None:
            raise ValueError("an oracle rule needs the labels of the test part")
        return self.oracle
