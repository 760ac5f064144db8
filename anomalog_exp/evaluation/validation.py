"""Figures of the validation part, by which options are chosen: they see nothing of the test part.

Where its sequences have labels of both kinds, they are those of detection. One figure needs no label:
how often the detector scores a damaged copy of a sequence above a whole one, see `sequences/damaged.py`.
A good value means that common damage is seen, and not that the anomalies of this log are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from anomalog_exp.detection.judge import Judge
from anomalog_exp.evaluation.block import MetricBlock
from anomalog_exp.evaluation.detection_block import detection_block
from anomalog_exp.evaluation.metrics import auroc
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, Objective
from anomalog_exp.sequences.damaged import whole_and_damaged
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["ValidationReport", "validation_report"]

_MOST_DAMAGED = 2000


@dataclass(frozen=True)
class ValidationReport:
    """What a judge makes of the validation part.

    Attributes:
        block: Its sequences against their labels.
        damaged: How many damaged copies were scored beside as many whole sequences.
        damage_auroc: How often a copy scores above a whole one, ties half; None where all are empty.
    """

    block: MetricBlock
    damaged: int
    damage_auroc: float | None = None

    def objective(self, asked: Objective) -> tuple[Objective, float] | None:
        """The figure that is asked for and its value; None where the part does not have it.

        `auto` is F1 where labels of both kinds are there, and the figure without labels elsewhere.
        """
        figures = dict(self.block.headline or {})
        if self.damage_auroc is not None:
            figures[Objective.DAMAGE_AUROC] = self.damage_auroc
        if asked == Objective.AUTO:
            asked = Objective.F1 if Figure.F1 in figures else Objective.DAMAGE_AUROC
        return (asked, figures[asked]) if asked in figures else None


def validation_report(
    judge: Judge, sequences: SequenceSet, *, seed: int
) -> ValidationReport | None:
    """The figures of the validation part; None where there is none, or an oracle has seen test labels.

    Args:
        judge: Fitted.
        sequences: All parts.
        seed: Of the damage.
    """
    part = sequences.part(Split.VALIDATION)
    if not len(part) or judge.oracle:
        return None
    verdicts = judge.verdicts(part)
    # Where single events train, those of the part are chosen to be normal ones: it has no other kind.
    by_chunks = part.train_events is not None
    block = detection_block(
        MetricScope.SEQUENCE_LEVEL_DETECTION,
        part="validation",
        unit=part.unit,
        label_unit=EvaluationUnit.EVENT
        if part.labels_from == "events"
        else EvaluationUnit.SEQUENCE,
        aggregation="any_event" if part.labels_from == "events" else "any_entity",
        label=np.zeros_like(part.label) if by_chunks else part.label,
        predicted=verdicts.predicted,
        scores=verdicts.scores,
        threshold=judge.threshold,
        abstained=verdicts.abstained,
        bootstrap_samples=0,
        seed=seed,
    )
    report = partial(ValidationReport, block)
    if not part.lengths.any():
        return report(0)
    whole, damaged = whole_and_damaged(part, most=_MOST_DAMAGED, seed=seed)
    scores = [judge.verdicts(one).scores for one in (whole, damaged)]
    is_damaged = np.repeat([False, True], len(whole))
    return report(len(damaged), auroc(is_damaged, np.concatenate(scores)))
