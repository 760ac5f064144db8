"""Fit a detector on the training split, decide on a threshold, score the test split."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.calibrate import calibrated_threshold
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.events import judged_events, predicted_next_events
from anomalog_exp.detection.outcome import ModelRunSummary, SequenceSummary
from anomalog_exp.detection.plan import RunProgressPlan
from anomalog_exp.options.extras import extra_named
from anomalog_exp.progress import Progress
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["run_model"]


def run_model(
    config: ExperimentModelConfig,
    sequences: SequenceSet,
    *,
    progress: Progress,
    progress_plan: RunProgressPlan | None = None,
) -> ModelRunSummary:
    """Fit and score the detector that `config` describes.

    Args:
        config: The detector and its decision rule.
        sequences: All splits.
        progress: Told of both stages.
        progress_plan: Their extent; None takes it from the splits.

    Raises:
        NotApplicable: the training split cannot train this detector.
        ConfigError: the decision rule does not apply, or the detector needs a package that is not
            installed.
        TypeError: the detector breaks the score contract.
    """
    train, test = sequences.part(Split.TRAIN), sequences.part(Split.TEST)
    with extra_named("model", config.name):
        detector = config.build_detector()
    plan = progress_plan or RunProgressPlan.of(sequences)
    begun = time.perf_counter()
    with progress.stage(f"fitting {config.name}", plan.train.total, plan.train.unit) as advance:
        detector.fit(train)
        advance(plan.train.total)
    fitted = time.perf_counter()
    hidden = test.unlabelled()
    with progress.stage(f"scoring {config.name}", plan.score.total, plan.score.unit) as advance:
        scores = _scores(detector, hidden)
        advance(plan.score.total)
    scored = time.perf_counter()
    # Where single events train, a chunk is no less normal for what else it holds.
    normal = train.label if train.train_events is None else np.zeros_like(train.label)
    threshold = calibrated_threshold(
        config,
        detector,
        train,
        score=_scores,
        label=normal,
        own_threshold=detector.own_threshold,
        test=lambda: (scores, test.label),
    )
    decided = time.perf_counter()
    manifest = {
        "detector": config.name,
        **detector.manifest(),
        "decision": config.decision.name,
        "oracle": type(config.decision).oracle,
        "threshold": threshold,
    }
    return ModelRunSummary(
        detector=config.name,
        test=test,
        scores=scores,
        threshold=threshold,
        predicted=scores > threshold,
        oracle=type(config.decision).oracle,
        model_manifest=manifest,
        sequence_summary=SequenceSummary.of(sequences),
        seconds={
            "fit": fitted - begun,
            "score": scored - fitted,
            "decide": decided - scored,
        },
        explain=lambda chosen, top: detector.explain(hidden.take(chosen), top),
        events=judged_events(config, detector, sequences),
        next_events=predicted_next_events(detector, sequences),
    )


def _scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    scores = detector.score(sequences)
    name = detector.name
    if scores.dtype != np.float64 or scores.shape != (len(sequences),):
        raise TypeError(
            f"{name} must score float64 of shape ({len(sequences)},), "
            f"not {scores.dtype} of shape {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise TypeError(f"{name} must give finite scores: {(~np.isfinite(scores)).sum()} are not")
    return scores
