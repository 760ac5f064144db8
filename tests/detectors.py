"""Detectors by name, fitted on texts of one-letter templates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.composed import composed
from tests.sequencing import sequence_set


@cache
def model_config(name: str, *overrides: str) -> ExperimentModelConfig:
    """The composed config of a detector; overrides begin below `model.`."""
    return composed(f"model={name}", *(f"model.{one}" for one in overrides)).model


def unfitted(name: str, **options: object) -> Detector:
    """The detector with some of its options replaced."""
    return model_config(name).model_copy(update=options).build_detector()


def fitted(
    name: str,
    train: Sequence[Sequence[str]],
    test: Sequence[Sequence[str]],
    *overrides: str,
    labels: Sequence[int] = (),
) -> tuple[Detector, SequenceSet]:
    """The detector fitted on the training texts, and the test texts as sequences without labels."""
    labels = [*(labels or [0] * len(train)), *[-1] * len(test)]
    both = sequence_set([*train, *test], labels, tested=len(test))
    detector = model_config(name, *overrides).build_detector()
    detector.fit(both.part(Split.TRAIN))
    return detector, both.part(Split.TEST)
