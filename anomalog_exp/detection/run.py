"""One run of a detector: fit it on the training part, decide on thresholds, judge the test part."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

from anomalog_exp.detection.calibrate import Training
from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.outcome import Outcome
from anomalog_exp.detection.plan import RunProgressPlan
from anomalog_exp.detection.summary import ModelRunSummary, SequenceSummary
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.options.extras import extra_named
from anomalog_exp.progress import Progress
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["judge_sequences", "run_model"]


def run_model(
    config: ExperimentModelConfig,
    sequences: SequenceSet,
    *,
    progress: Progress,
    progress_plan: RunProgressPlan | None = None,
) -> ModelRunSummary:
    """Fit the detector that `config` describes, and let it judge the test part.

    Args:
        config: The detector and its decision rule.
        sequences: All splits.
        progress: Reports both stages.
        progress_plan: Their extent; None takes it from the splits.

    Raises:
        NotApplicable: the training split cannot train this detector, its decision rule does not apply,
            or there is nothing that it could judge.
        ConfigError: the detector needs a package that is not installed, or more memory than there is.
        TypeError: the detector breaks the score contract.
    """
    try:
        return _run(config, sequences, progress, progress_plan)
    except MemoryError as error:
        train = int((sequences.split == Split.TRAIN).sum())
        templates = len(sequences.dataset.templates)
        raise ConfigError.of(
            "model",
            config.name,
            problem=f"it needs more memory than there is ({error or 'the allocation failed'})",
            allowed=f"what fits: here {train:,} sequences of {templates:,} templates train",
            fix="make fewer templates, with template.extra_masks or another miner; choose a detector "
            "that needs no matrix of them, as model=event_count_vector; or give it more memory",
        ) from error


def _run(
    config: ExperimentModelConfig,
    sequences: SequenceSet,
    progress: Progress,
    progress_plan: RunProgressPlan | None,
) -> ModelRunSummary:
    train, valid = sequences.part(Split.TRAIN), sequences.part(Split.VALIDATION)
    oracle = sequences if type(config.decision).oracle else None
    training = Training.of(config, train, valid if len(valid) else None, oracle)
    plan = progress_plan or RunProgressPlan.of(sequences)
    times = [time.perf_counter()]
    with (
        progress.stage(f"fitting {config.name}", plan.train.total, plan.train.unit) as advance,
        extra_named("model", config.name),
    ):
        training.announce_fit()
        detector = training.fitted(progress)
        advance(plan.train.total)
    times.append(time.perf_counter())
    training.announce(detector, sequences.part(Split.TEST))
    judge = Judge.decided(training, detector)
    times.append(time.perf_counter())
    summary = judge_sequences(judge, sequences, progress=progress, plan=plan)
    fit, decide = (after - before for before, after in pairwise(times))
    return replace(summary, seconds={"fit": fit, "decide": decide} | summary.seconds)


def judge_sequences(
    judge: Judge,
    sequences: SequenceSet,
    *,
    progress: Progress,
    plan: RunProgressPlan | None = None,
) -> ModelRunSummary:
    """Let a judge that is fitted judge the test part; see `run_model`.

    Raises:
        NotApplicable: there is nothing that it could judge.
        DataError: values stand in other places of a template than in training.
        TypeError: the detector breaks the score contract.
    """
    name, extent = judge.config.name, (plan or RunProgressPlan.of(sequences)).score
    begun = time.perf_counter()
    with progress.stage(f"scoring {name}", extent.total, extent.unit) as advance:
        outcome = judge.judge(sequences.part(Split.TEST), events_of=sequences.evaluated())
        advance(extent.total)
    _refuse_nothing(outcome, name)
    return ModelRunSummary(
        **vars(outcome),
        judge=judge,
        sequence_summary=SequenceSummary.of(sequences),
        seconds={"score": time.perf_counter() - begun},
    )


def _refuse_nothing(outcome: Outcome, name: str) -> None:
    """See that something was judged, or predicted.

    Raises:
        NotApplicable: nothing was: 0 of 0 alarms would look like a quiet log.
    """
    events, predicted = outcome.events, outcome.next_events
    if len(outcome.test) or (events and len(events.rows)) or (predicted and len(predicted.rows)):
        return
    raise NotApplicable(
        f"nothing is left for {name} to judge: every sequence with events of the test part trains, too, "
        "and single events are judged by detectors that score them, where events are labelled (smaller "
        "sequences, as by sequence.chunk_size, make some that do not train)"
    )
