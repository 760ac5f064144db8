"""The task that metric blocks belong to: figures of different tasks do not compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["DecisionRule", "TaskMetadata", "build_metric_metadata"]


@dataclass(frozen=True)
class DecisionRule:
    """What decided about thresholds; an oracle has seen the labels of the test split."""

    rule: str
    oracle: bool


@dataclass(frozen=True)
class TaskMetadata:
    """Names of the options that ran, the digest of the data, whose labels count, and the seed."""

    dataset: str
    data_digest: str
    sequence: str
    split: str
    template: str
    labels_from: Literal["events", "entities"]
    detector: str
    decision: DecisionRule
    seed: int


def build_metric_metadata(
    config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary
) -> TaskMetadata:
    """The task of a run."""
    return TaskMetadata(
        dataset=config.dataset.name,
        data_digest=sequences.dataset.digest,
        sequence=config.sequence.name,
        split=config.split.name,
        template=config.template.name,
        labels_from=sequences.labels_from,
        detector=summary.detector,
        decision=DecisionRule(config.model.decision.name, summary.oracle),
        seed=config.seed,
    )
