"""What a detector is, the two promises that every one of them keeps, and the one that it can rely on.

Scores: float64, shape (sequences,), finite, in the order given, higher = more anomalous.
Labels: a detector may read the labels of what it fits, never of what it scores.
Templates: what a detector scores has the templates of what it was fitted on, with the same codes. Where
a judge asks, the last one is `<unknown>`: training never shows it, and it stands for all others.

A detector is two files, `anomalog_exp/models/<name>.py` with a `Config` and the `Detector` it builds,
and `conf/model/<name>.yaml`; nothing else is edited to add one.

A detector reads its options from its config, and declares what it learns by annotations of its class,
as in `_keys: Annotated[NDArray[np.int64], "transitions"]`. `fit` sets these attributes, none of them is
there before, and together they are its state: see `detection/learned.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.decision import DecisionConfig
from anomalog_exp.detection.learned import restored, state_of, types_of_estimators
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.detection.triage import Triage
from anomalog_exp.options.base import Options
from anomalog_exp.progress import SILENT, Progress
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Detector", "ExperimentModelConfig"]


class Detector(ABC):
    """A detector of anomalous sequences, built from its config."""

    config: ExperimentModelConfig

    supervised: ClassVar[bool] = False
    """Learns from both classes: a training split that holds only one makes the run `skipped`."""

    learns_from: ClassVar[Literal["normal", "all", "either"]] = "normal"
    """Training sequences that an unsupervised detector learns from: those not labelled anomalous, or all
    of them, whatever their labels. `either` reads labels where some are anomalous, and otherwise learns
    from normal sequences alone. A supervised one needs labelled sequences of both classes."""

    log_odds: ClassVar[bool] = False
    """Scores are natural-log posterior odds of "anomalous": the posterior decision rule applies."""

    in_nats: ClassVar[bool] = False
    """Scores are natural-log surprises: minus the logarithm of the chance of what is scored."""

    bounded_by: ClassVar[str] = ""
    """The option that bounds a time that otherwise grows by the square of distinct sequences."""

    compares_to_learn: ClassVar[bool] = False
    """That is the time of its fit, too."""

    tolerance: ClassVar[float] = 0.0
    """Share of a figure by which it may differ after saving and loading, where a library rounds anew."""

    def __init__(self, config: ExperimentModelConfig) -> None:
        """`progress` is told of the stages of a long fit; whoever fits may set another one."""
        self.config = config
        self.progress: Progress = SILENT

    @property
    def name(self) -> str:
        """The detector's name: that of its file."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def detectors_inside(self) -> Mapping[str, Detector]:
        """Fitted detectors inside this one, by their keys below `members` of its config."""
        return {}

    @abstractmethod
    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        """Learn from the training split.

        Args:
            train: The training sequences, with their labels.
            valid: Sequences held back from training, with their labels, for early stopping and for
                choosing what an option leaves open; None where there are none. Where single events
                train, its `trainable()` are those of its events that may be looked at.

        Raises:
            NotApplicable: this split cannot train this detector, for the stated reason.
        """

    @abstractmethod
    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """(sequences,) float64, finite; higher = more anomalous."""

    @property
    def own_threshold(self) -> float | None:
        """The threshold that the method derives while it is fitted, for `model/decision=own`."""
        return None

    @property
    def own_event_threshold(self) -> float | None:
        """The same for scores of single events."""
        return None

    @property
    def monotone(self) -> bool:
        """Another training sequence raises no score: knowing more makes nothing look stranger.

        The decision rule conformal can then promise its rate; see `detection/conformal.py`.
        """
        return False

    @property
    def draws(self) -> bool:
        """It learned from some normal sequences, drawn by chance; see `detection/references.py`."""
        return False

    def left_out_scores(self, train: SequenceSet) -> NDArray[np.float64] | None:
        """(normal sequences of train,) what each would score by a detector fitted on the others.

        Of a detector that `draws` it is (sequences not drawn,) their scores.

        The default is None: a detector that knows without fitting again overrides this.

        Args:
            train: What it was fitted on: no two sequences share an event, and all of their events train.
        """
        return None

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        """(sum of lengths,) float64, finite, sequence by sequence; higher = more anomalous.

        The default is None: a detector that judges single events overrides this.
        """
        return None

    def blamed_events(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        """(sum of lengths,) float64, finite: how much each event is behind the score of its sequence.

        It chooses the lines by which a sequence is shown. The default is what single events score; None
        where a detector says nothing of them.
        """
        return self.score_events(sequences)

    def rank_next_events(self, sequences: SequenceSet) -> NDArray[np.int64] | None:
        """(sum of lengths,) place of each event among what was expected next: 0 = expected most.

        -1 where nothing stands before the event. The default is None: a detector that predicts the next
        event overrides this.
        """
        return None

    def abstained(self, sequences: SequenceSet) -> NDArray[np.bool_] | None:
        """(sequences,) where the detector gives no answer: these are not predicted, whatever they score.

        The default is None: it always answers.
        """
        return None

    def abstained_events(self, sequences: SequenceSet) -> NDArray[np.bool_] | None:
        """(sum of lengths,) the same for single events, of a detector that scores these."""
        return None

    def triage(self, sequences: SequenceSet) -> Triage | None:
        """The cluster of each event, sequence by sequence, and the clusters that training made.

        The default is None: a detector that groups events for review overrides this.
        """
        return None

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """For each sequence, up to `top` (evidence, weight) pairs, the strongest first.

        The default gives none: a detector that can say why overrides this.
        """
        return [[] for _ in range(len(sequences))]

    def manifest(self) -> dict[str, object]:
        """What the fitted detector is worth recording: sizes and learned figures, JSON-ready."""
        return {}

    def state(self) -> DetectorState:
        """All that it has learned, as plain data.

        Raises:
            AttributeError: it is not fitted.
            TypeError: it learned something else than its class declares.
        """
        return state_of(self)

    def restore(self, state: DetectorState) -> None:
        """Take what another one of the same config has learned, instead of fitting.

        Raises:
            DataError: the state is not that of such a detector.
        """
        for attribute, value in restored(type(self), state).items():
            setattr(self, attribute, value)

    @classmethod
    def from_state(cls, config: ExperimentModelConfig, state: DetectorState) -> Self:
        """A fitted detector of a config and what it had learned.

        Raises:
            DataError: the state is not that of such a detector.
        """
        detector = cls(config)
        detector.restore(state)
        return detector

    @property
    def trusted_types(self) -> tuple[str, ...]:
        """Full names of the types of which its estimators may consist, for `state.load`."""
        return types_of_estimators(type(self))


class ExperimentModelConfig(Options):
    """Base of detector configs: the module's name and the rule that turns scores into decisions."""

    name: str
    decision: DecisionConfig

    @property
    def detector(self) -> str:
        """The detector's name."""
        return self.name

    @property
    def reads_parameters(self) -> bool:
        """The detector reads what messages have at the places of their templates (`dataset.parameters`).

        The default is False: a data set is built without, which takes less time and disk.
        """
        return False

    def build_detector(self) -> Detector:
        """The unfitted detector that this config describes."""
        raise NotImplementedError(f"{type(self).__module__} does not build a detector")
