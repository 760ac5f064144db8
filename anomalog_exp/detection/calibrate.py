"""Thresholds of a fitted detector, by the rule of its config: one for sequences, one for single events.

A rule looks at training scores, at scores of training sequences that were held out, or at a threshold
that the method derives itself. The oracle rule alone looks at the test part, which nobody passes for
any other rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.decision import Calibration
from anomalog_exp.detection.scores import event_scores, highest_of_rows, sequence_scores
from anomalog_exp.errors import NotApplicable
from anomalog_exp.progress import SILENT, Progress
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["Training"]

Score = Callable[[Detector, SequenceSet], NDArray[np.float64]]
"""Scores of what a threshold is for: the sequences, or those of their events that may train."""


@dataclass(frozen=True, eq=False)
class Training:
    """What a detector was fitted on, and what its thresholds are derived from.

    Attributes:
        config: The detector and its decision rule.
        train: The training sequences, with their labels.
        valid: Sequences held back from training; None where there are none.
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

    def sequence_threshold(self, detector: Detector) -> float:
        """The threshold for scores of sequences.

        Raises:
            NotApplicable: the rule does not apply to this detector or these sequences.
        """
        return self._threshold(
            detector,
            sequence_scores(detector, self.train.unlabelled()),
            score=sequence_scores,
            label=self.sequence_labels,
            own_threshold=detector.own_threshold,
            test=self._test_sequences,
        )

    @property
    def sequence_labels(self) -> NDArray[np.int8]:
        """(training sequences,) int8 labels that rules may read."""
        train = self.train
        # Where single events train, a chunk is no less normal for what else it holds.
        return train.label if train.train_events is None else np.zeros_like(train.label)

    def event_threshold(self, detector: Detector) -> float | None:
        """The threshold for scores of single events, by the same rule.

        None where the data set labels no events, or the detector does not score them.

        Raises:
            NotApplicable: the rule does not apply to single events.
        """
        if not (self.train.dataset.label != UNLABELLED).any():
            return None
        scores = event_scores(detector, self.train.unlabelled())
        if scores is None:
            return None
        return self._threshold(
            detector,
            scores[self.train.may_train],
            score=_scores_of_training_events,
            label=self.event_labels,
            own_threshold=detector.own_event_threshold,
            test=self._test_events,
        )

    @property
    def event_labels(self) -> NDArray[np.int8]:
        """(events that may train,) int8 labels, sequence by sequence."""
        train = self.train
        return np.asarray(train.dataset.label)[train.rows[train.may_train]]

    def _threshold(
        self,
        detector: Detector,
        scores: NDArray[np.float64],
        *,
        score: Score,
        label: NDArray[np.int8],
        own_threshold: float | None,
        test: Callable[[Detector], tuple[NDArray[np.float64], NDArray[np.int8]]],
    ) -> float:
        return self.config.decision.threshold(
            Calibration(
                scores=scores,
                label=label,
                log_odds=type(detector).log_odds,
                own_threshold=own_threshold,
                held_out=lambda share: self._held_out_scores(share, score),
                test=lambda: test(detector),
            )
        )

    def _held_out_scores(self, share: float, score: Score) -> NDArray[np.float64]:
        """Scores of the last normal sequences by a detector that never saw them."""
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
        detector = Training(self.config, train.take(kept), self.valid).fitted()
        return score(detector, train.take(~kept).unlabelled())

    def _test_sequences(self, detector: Detector) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        test = self._for_oracle.part(Split.TEST)
        return sequence_scores(detector, test.unlabelled()), test.label

    def _test_events(self, detector: Detector) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        tested = self._for_oracle.evaluated()
        scores = event_scores(detector, tested.unlabelled())
        assert scores is not None
        rows, highest = highest_of_rows(tested, scores)
        return highest, np.asarray(tested.dataset.label)[rows]

    @property
    def _for_oracle(self) -> SequenceSet:
        if self.oracle is None:
            raise ValueError("an oracle rule needs the labels of the test part")
        return self.oracle


def _scores_of_training_events(detector: Detector, train: SequenceSet) -> NDArray[np.float64]:
    """(events that may train,) scores, sequence by sequence, of a detector that scores events."""
    scores = event_scores(detector, train)
    assert scores is not None
    return scores[train.may_train]
