"""Figures of the validation part, by which options are chosen: they see nothing of the test part.

Where its sequences have labels of both kinds, they are those of detection. One figure needs no label,
after Tax and Müller, "A consistency-based model selection for one-class classification" (ICPR 2004): a
detector that has learned what is usual finds as much unusual in the validation part as in training. The
figure is 1 less the mean distance between the share of validation sequences above a quantile of training
scores, and the share that the quantile promises. They take the most complex of all consistent models;
options of any detector have no such order, so the most consistent ones win here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.outcome import Verdicts
from anomalog_exp.detection.scores import decided
from anomalog_exp.evaluation.block import MetricBlock
from anomalog_exp.evaluation.detection_block import detection_block
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, Objective
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["ValidationReport", "consistency", "validation_report"]

_SHARES = (0.05, 0.03, 0.01)
"""What is to lie above quantiles of training: shares of alarms that people can look at."""

_MOST_TRAINING = 5000
"""So many training sequences, evenly over all, give these quantiles well enough."""


@dataclass(frozen=True)
class ValidationReport:
    """What a judge makes of the validation part.

    Attributes:
        block: Its sequences against their labels.
        consistency: How well its scores agree with those of training, 1 at best; None without any.
    """

    block: MetricBlock
    consistency: float | None = None

    @property
    def figures(self) -> dict[str, float]:
        """All of them by name."""
        own = {} if self.consistency is None else {str(Objective.CONSISTENCY): self.consistency}
        return {str(name): value for name, value in (self.block.headline or {}).items()} | own

    def objective(self, asked: Objective) -> tuple[Objective, float] | None:
        """The figure that is asked for and its value; None where the part does not have it.

        `auto` is the average precision where labels of both kinds are there: it is finer than F1, which
        moves by steps where anomalies are few. Elsewhere it is the figure without labels.
        """
        figures = self.figures
        if asked == Objective.AUTO:
            labelled = Objective.AVERAGE_PRECISION in figures
            asked = Objective.AVERAGE_PRECISION if labelled else Objective.CONSISTENCY
        return (asked, figures[asked]) if asked in figures else None


def validation_report(judge: Judge, sequences: SequenceSet) -> ValidationReport | None:
    """The figures of the validation part; None where there is none, or an oracle has seen test labels.

    Args:
        judge: Fitted.
        sequences: All parts.
    """
    part = sequences.part(Split.VALIDATION)
    if not len(part) or judge.oracle:
        return None
    verdicts = judge.verdicts(part)
    by_events = part.labels_from == "events"
    block = detection_block(
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        part="validation",
        unit=part.unit,
        label_unit=EvaluationUnit.EVENT if by_events else EvaluationUnit.SEQUENCE,
        aggregation="any_event" if by_events else "any_entity",
        # Where single events train, only normal ones do: what else a chunk holds does not count.
        label=part.label if part.train_events is None else np.zeros_like(part.label),
        predicted=verdicts.predicted,
        scores=verdicts.scores,
        threshold=judge.threshold,
        abstained=verdicts.abstained,
        lines_of=lambda chosen: part.take(chosen).events_held,
        resampling=Resampling(samples=0, seed=0),
    )
    train = sequences.part(Split.TRAIN)
    some = np.unique(np.linspace(0, len(train) - 1, min(len(train), _MOST_TRAINING)).astype(int))
    learned = judge.verdicts(train.take(some))
    return ValidationReport(block, consistency(_answers(learned), _answers(verdicts)))


def consistency(training: NDArray[np.float64], validation: NDArray[np.float64]) -> float | None:
    """How well scores of both parts agree in their upper tails, 1 at best; None where one is empty.

    Args:
        training: (sequences,) scores.
        validation: (sequences,) scores.
    """
    if not len(training) or not len(validation):
        return None
    thresholds = np.quantile(training, 1 - np.array(_SHARES), method="higher")
    above = (validation[:, None] > thresholds).mean(axis=0)
    return float(1 - np.abs(above - _SHARES).mean())


def _answers(verdicts: Verdicts) -> NDArray[np.float64]:
    return verdicts.scores[decided(verdicts.abstained, len(verdicts.scores))]
