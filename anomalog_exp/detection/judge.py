"""The Judge: a fitted detector with its thresholds, one object that can be kept and asked again.

A run fits one and lets it judge the test part; a union holds several. Nobody else derives a threshold.
It may be asked about sequences of any data set, whose templates it reads by their texts.
Its folder holds the config as JSON beside the state of `detection/state.py`: nothing in it is code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.detection.calibrate import Training
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import names_of_unknown
from anomalog_exp.detection.learned import restored, state_of
from anomalog_exp.detection.outcome import EventScores, NextEvents, Outcome, Verdicts
from anomalog_exp.detection.scores import (
    abstained_sequences,
    blamed_events,
    decided,
    judged_rows,
    sequence_scores,
)
from anomalog_exp.detection.state import DetectorState, load, save
from anomalog_exp.detection.triage import TriagedEvents
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import write_json
from anomalog_exp.options.foreign import foreign_json
from anomalog_exp.options.listing import open_option
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["Judge"]

_CONFIG = "model.json"
_MOST_CONFIG = 1 << 20
_KEPT = "a saved judge"
_REPEATS = 4
"""How often a text may stand among the strongest evidence before fewer texts than asked for are left."""

_MADE_UP = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What NumPy, SciPy and scikit-learn raise over numbers and objects that no training has made."""


@dataclass(frozen=True, eq=False)
class _Decisions:
    """What a judge learns besides its detector; see the attributes of `Judge`."""

    threshold: float
    event_threshold: float | None
    vocabulary: Vocabulary
    basis: dict[str, object]


@dataclass(frozen=True, eq=False)
class Judge:
    """A fitted detector that decides.

    Attributes:
        config: The detector's config, with its decision rule.
        detector: Fitted.
        threshold: Sequences that score above it are predicted anomalous.
        event_threshold: The same for single events; None where these are not judged, as the training
            data labels none or the detector scores none.
        vocabulary: The templates of the data set that it was trained on.
        basis: What the manifest says of the scores that made the threshold.
        kept_in: The folder that it was read from; None where it was fitted here.
    """

    config: ExperimentModelConfig
    detector: Detector
    threshold: float
    event_threshold: float | None
    vocabulary: Vocabulary
    basis: dict[str, object]
    kept_in: Path | None = None

    @classmethod
    def fitted(
        cls,
        config: ExperimentModelConfig,
        train: SequenceSet,
        valid: SequenceSet | None = None,
        *,
        oracle: SequenceSet | None = None,
    ) -> Self:
        """Fit the detector that `config` describes, and derive its thresholds.

        Args:
            config: The detector and its decision rule.
            train: The training sequences, with their labels.
            valid: Sequences held back from training, whose scores the rule looks at; or None.
            oracle: All sequences with the labels of the test part, for an oracle rule alone.

        Raises:
            NotApplicable: these sequences cannot train this detector, or its rule does not apply.
            TypeError: the detector breaks the score contract.
        """
        training = Training.of(config, train, valid, oracle)
        return cls.decided(training, training.fitted())

    @classmethod
    def decided(cls, training: Training, detector: Detector) -> Self:
        """The judge of a detector that was fitted on `training`; see `fitted`."""
        threshold, basis = training.sequence_threshold(detector)
        return cls(
            training.config,
            detector,
            threshold,
            training.event_threshold(detector),
            Vocabulary.of(training.train),
            basis,
        )

    @property
    def oracle(self) -> bool:
        """The thresholds depend on the labels of the test part."""
        return type(self.config.decision).oracle

    def judge(self, sequences: SequenceSet, *, events_of: SequenceSet | None = None) -> Outcome:
        """Score sequences and decide; no label of theirs is read.

        Args:
            sequences: What is judged.
            events_of: The sequences whose single events are judged and predicted; None takes those
                that are judged. In a stream, chunks that train may hold events to evaluate.

        Raises:
            DataError: values stand in other places of a template than in training; or the judge was
                read from a folder, and no figures come of what that holds.
            TypeError: the detector breaks the score contract.
        """
        with _answering_for(self.kept_in):
            return self._judged(sequences, events_of)

    def _judged(self, sequences: SequenceSet, events_of: SequenceSet | None) -> Outcome:
        readable = self._read(sequences)
        tested = readable if events_of is None else self._read(events_of)
        known = self.vocabulary.shown(sequences.dataset.templates) > 0
        return Outcome(
            test=sequences,
            threshold=self.threshold,
            **vars(self._verdicts(readable)),
            oracle=self.oracle,
            events=self._judged_events(tested),
            next_events=self._predicted_next_events(tested, known),
            triage=self._triaged(tested),
        )

    def verdicts(self, sequences: SequenceSet) -> Verdicts:
        """Score sequences and decide on them as wholes alone; no label of theirs is read.

        Raises:
            TypeError: the detector breaks the score contract.
        """
        return self._verdicts(self._read(sequences))

    def _verdicts(self, readable: SequenceSet) -> Verdicts:
        scores = sequence_scores(self.detector, readable)
        abstained = abstained_sequences(self.detector, readable)
        predicted = (scores > self.threshold) & decided(abstained, len(scores))
        return Verdicts(scores, predicted, abstained)

    def _read(self, sequences: SequenceSet) -> SequenceSet:
        """The sequences as the detector takes them: over its vocabulary, without labels."""
        return self.vocabulary.read(sequences).unlabelled()

    def _judged_events(self, tested: SequenceSet) -> EventScores | None:
        if self.event_threshold is None:
            return None
        judged = judged_rows(self.detector, tested)
        assert judged is not None
        rows, scores, abstained = judged
        predicted = (scores > self.event_threshold) & decided(abstained, len(rows))
        return EventScores(rows, scores, self.event_threshold, predicted, abstained)

    def _predicted_next_events(
        self, tested: SequenceSet, known: NDArray[np.bool_]
    ) -> NextEvents | None:
        rank = self.detector.rank_next_events(tested)
        if rank is None:
            return None
        rows, evaluated = tested.rows, tested.evaluation_events
        if evaluated is not None:
            kept = scratch.gathered(evaluated, rows)
            rows, rank = rows[kept], rank[kept]
        return NextEvents(rows, rank, known)

    def _triaged(self, tested: SequenceSet) -> TriagedEvents | None:
        triage = self.detector.triage(tested)
        if triage is None:
            return None
        triage.check(self.detector.name, len(tested.rows))
        if tested.evaluation_events is None:
            return TriagedEvents(tested.rows, triage)
        kept = tested.evaluation_events[tested.rows]
        return TriagedEvents(tested.rows[kept], replace(triage, cluster=triage.cluster[kept]))

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """For each sequence, up to `top` (evidence, weight) pairs, the strongest first, each text once.

        Behind `<unknown>` stands which of its templates training lacks.
        """
        with _answering_for(self.kept_in):
            read = self._read(sequences)
            found = self.detector.explain(read, top)
            # A step that occurs several times is evidence at each of its places.
            if any(len(dict(one)) < len(one) for one in found):
                found = self.detector.explain(read, _REPEATS * top)
        explained = [_each_once(one)[:top] for one in found]
        named = names_of_unknown(self.vocabulary, sequences)
        return [
            [
                (text.replace(UNKNOWN_TEMPLATE, f"{UNKNOWN_TEMPLATE} ({names})"), w)
                for text, w in one
            ]
            if names
            else one
            for one, names in zip(explained, named, strict=True)
        ]

    def blamed(self, sequences: SequenceSet) -> NDArray[np.float64] | None:
        """(sum of lengths,) how much each event is behind the score of its sequence, if it says so."""
        with _answering_for(self.kept_in):
            return blamed_events(self.detector, self._read(sequences))

    def manifest(self) -> dict[str, object]:
        """What is worth recording of the detector and its decisions, JSON-ready."""
        return {
            "detector": self.config.name,
            **self.detector.manifest(),
            "decision": self.config.decision.name,
            "oracle": self.oracle,
            "threshold": self.threshold,
            **self.basis,
        }

    def state(self) -> DetectorState:
        """All that it has learned, as plain data."""
        decisions = _Decisions(self.threshold, self.event_threshold, self.vocabulary, self.basis)
        return DetectorState.joined(
            {"decisions": state_of(decisions), "detector": self.detector.state()}
        )

    @classmethod
    def from_state(cls, config: ExperimentModelConfig, state: DetectorState) -> Self:
        """The judge of a config and what it had learned.

        Raises:
            DataError: the state is not that of such a judge.
        """
        state.refuse_others("decisions", "detector")
        decisions = _Decisions(**restored(_Decisions, state.part("decisions")))
        detector = config.build_detector()
        detector.restore(state.part("detector"))
        return cls(config, detector, **vars(decisions))

    def save(self, directory: Path) -> None:
        """Write it into a folder, in place of one that is there."""
        directory.mkdir(parents=True, exist_ok=True)
        save(self.state(), directory)
        write_json(directory / _CONFIG, self.config.model_dump(mode="json"))

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read a judge that was saved.

        Raises:
            ConfigError: the folder holds no judge, or one that does not fit its config.
        """
        path = directory / _CONFIG
        try:
            values = foreign_json(path, _MOST_CONFIG)
        except (OSError, ValueError) as error:
            raise DataError.of(
                _KEPT,
                path,
                problem=f"the config of its detector cannot be read ({error})",
                allowed="the folder as it was saved",
                fix="name the folder of a judge that was saved, or fit it again",
            ) from error
        with _answering_for(directory):
            config = open_option("model", values)
            assert isinstance(config, ExperimentModelConfig)
            state = load(directory, config.build_detector().trusted_types)
            return replace(cls.from_state(config, state), kept_in=directory)


@contextmanager
def _answering_for(folder: Path | None) -> Iterator[None]:
    """Say of what a folder holds that nothing comes of it, where that raises.

    Numbers that were made up raise anything anywhere; those of a judge that was fitted here are ours.
    """
    try:
        yield
    except _MADE_UP as error:
        if folder is None or isinstance(error, ConfigError):
            raise
        raise DataError.of(
            _KEPT,
            folder,
            problem=f"what it holds makes no figures ({type(error).__name__}: {error})",
            allowed="the folder as it was saved",
            fix="put back what was saved, or fit it again; if it is as it was saved, this is a mistake "
            "of the program: HYDRA_FULL_ERROR=1 shows where",
        ) from error


def _each_once(evidence: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The pairs, of those with one text the first alone."""
    first: dict[str, float] = {}
    for text, weight in evidence:
        first.setdefault(text, weight)
    return list(first.items())
