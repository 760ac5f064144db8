"""The summary of a run whose detector gives scores that a test states: evaluation without a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.outcome import EventScores, NextEvents
from anomalog_exp.detection.summary import ModelRunSummary, SequenceSummary
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.vocabulary import Vocabulary

Explain = Callable[[SequenceSet, int], list[list[tuple[str, float]]]]
Blame = Callable[[SequenceSet], np.ndarray]


class ByHand(Detector):
    """Explains and blames as it is told to; its scores stand in the summary."""

    def __init__(self, explain: Explain | None, blame: Blame | None) -> None:
        self._explain, self._blame = explain, blame

    def fit(self, train, valid=None) -> None:
        raise AssertionError("nothing is fitted by hand")

    def score(self, sequences):
        raise AssertionError("scores by hand are not asked for")

    def explain(self, sequences, top):
        return self._explain(sequences, top) if self._explain else super().explain(sequences, top)

    def blamed_events(self, sequences):
        return self._blame(sequences) if self._blame else None


def summary_of(
    sequences: SequenceSet,
    scores: Sequence[float],
    threshold: float = 0.5,
    *,
    events: EventScores | None = None,
    next_events: NextEvents | None = None,
    explain: Explain | None = None,
    blame: Blame | None = None,
) -> ModelRunSummary:
    """The summary of a run that scores the test part so."""
    values = np.array(scores, dtype=np.float64)
    decision = {"name": "fixed", "value": threshold}
    config = ExperimentModelConfig.of({"name": "by_hand", "decision": decision})
    return ModelRunSummary(
        judge=Judge(config, ByHand(explain, blame), threshold, None, Vocabulary.of(sequences), {}),
        test=sequences.part(Split.TEST),
        scores=values,
        threshold=threshold,
        predicted=values > threshold,
        oracle=False,
        events=events,
        next_events=next_events,
        sequence_summary=SequenceSummary.of(sequences),
        seconds={},
    )
