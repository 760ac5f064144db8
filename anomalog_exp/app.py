"""One run: config in, result out. The whole flow is `run`.

Raw log -> LogDataset -> SequenceSet -> scores -> metrics -> run dir -> page, tracker. A finished result
of the same config, data and code is reused; the run dir is the truth, and the tracker mirrors it. What
judges is fitted on the part that trains, or comes from the bundle of an earlier run.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.detection.run import judge_sequences, run_model
from anomalog_exp.evaluation import MetricBlock
from anomalog_exp.progress import Progress
from anomalog_exp.report.run_warnings import run_warnings
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.report.write import report_run
from anomalog_exp.results import (
    NO_RESULT_YET,
    Bundle,
    Provenance,
    ResultPaths,
    ResultWriteContext,
    attempt,
    build_run_metrics_report,
    bundle_of,
    claimed,
    package_digest,
    prepare_result_paths,
    read_run,
    why_not_reused,
    write_run_outputs,
)
from anomalog_exp.results.environment import Clock
from anomalog_exp.sequences.training_templates import with_templates_of_training
from anomalog_exp.tracking import mirror_run

__all__ = ["RunResult", "run"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """How a run ended; plain values, fit to cross a process border.

    Attributes:
        name: The run's name.
        fingerprint: Of its config.
        run_dir: Where its files are.
        status: `done`, or `skipped` where the combination has no result.
        reason: Why it was skipped.
        reused: An earlier result stands for it.
        words: What came of it, in a few sentences.
        warnings: What to know before believing it, the gravest first.
        scope: The metric scope that leads.
        metrics: Headline figures of that scope by name; none where it is not valid.
        primary_metric: Name of the figure to rank runs by, of which more is better; None without one.
            With `sweep.objective` one of the validation part, as in `validation_f1`.
        primary_value: Its value.
        f1_low: The 2.5 percentile of F1 over resamples of the units; None without an F1.
        f1_high: The 97.5 percentile.
        note: Why there are no figures, and what is flagged all the same.
        judged: Units that were judged, labelled or not: those of the scope that leads, or sequences
            where that scope only predicts.
        flagged: How many of them are predicted anomalous.
        oracle: The threshold depends on the labels of the test split.
        caveat: What the split lets training know, as `shuffled: training may come after test`.
        seconds: What it took, now or when it ran.
    """

    name: str
    fingerprint: str
    run_dir: str
    status: str
    reason: str | None
    reused: bool
    words: str | None = None
    warnings: list[str] = field(default_factory=list)
    scope: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    primary_metric: str | None = None
    primary_value: float | None = None
    f1_low: float | None = None
    f1_high: float | None = None
    note: str | None = None
    judged: int | None = None
    flagged: int | None = None
    oracle: bool = False
    caveat: str | None = None
    seconds: float | None = None


def run(
    config: RunConfig,
    *,
    overrides: Sequence[str] = (),
    progress: Progress | None = None,
    mirrored: bool = True,
    bundle: Bundle | None = None,
) -> RunResult:
    """Run one config, or reuse its finished result.

    Args:
        config: What to run.
        overrides: What was typed, for the record.
        progress: Told of long stages.
        mirrored: Mirror the run dir to the tracker; a sweep does that for its members itself.
        bundle: The one that the config names, where it has been read; None reads it.

    Raises:
        ConfigError: the config or its data cannot be used.
    """
    progress = progress or Progress()
    clock = Clock()
    paths, bundle = config.paths, bundle or bundle_of(config)
    with clock.stage("dataset"):
        dataset = load_dataset(
            config.dataset,
            config.template,
            data_dir=paths.data_dir,
            cache_dir=paths.cache_dir,
            progress=progress,
            parameters=config.reads_parameters,
            templates=bundle.templates if bundle else None,
        )
    files = prepare_result_paths(config)
    provenance = Provenance(files.run_fingerprint, dataset.digest, package_digest(config))
    context = ResultWriteContext(config, list(overrides), files, provenance, clock, bundle)
    with claimed(files):
        stale = why_not_reused(
            files,
            provenance,
            needs_predictions=config.write_predictions,
            needs_bundle=config.keep_bundle and bundle is None,
        )
        reused = stale is None and not config.force
        try:
            if not reused:
                with attempt(context):
                    if stale != NO_RESULT_YET:
                        _LOG.info("running %s again: %s", config.name, stale or "force=true")
                    _measure(context, dataset, progress)
        finally:
            report_run(files, config.report, paths.cache_dir, again=not reused)
            if mirrored:
                mirror_run(files.run_dir, config.tracking)
        return _result(config, files, reused)


def _measure(context: ResultWriteContext, dataset: LogDataset, progress: Progress) -> None:
    """Sequences, scores, metrics and what is written of them."""
    config, clock = context.config, context.clock
    with clock.stage("sequences"):
        sequences = config.sequence.apply(dataset, config.split)
        if context.bundle is None:
            sequences = with_templates_of_training(sequences, config.template)
    if context.bundle is None:
        summary = run_model(config.model, sequences, progress=progress)
    else:
        summary = judge_sequences(context.bundle.judge, sequences, progress=progress)
    clock.seconds |= summary.seconds
    with clock.stage("evaluate"):
        report = build_run_metrics_report(config, sequences, summary)
    write_run_outputs(context, sequences, summary, report)


def _result(config: RunConfig, paths: ResultPaths, reused: bool) -> RunResult:
    """What the run dir says."""
    stored = read_run(paths.run_dir)
    status = stored.status
    ended = RunResult(
        name=config.name,
        fingerprint=paths.run_fingerprint,
        run_dir=str(paths.run_dir),
        status=status["status"],
        reason=status["reason"],
        reused=reused,
    )
    if status["status"] != "done":
        return ended
    report = stored.report
    ranked, decisions = report.ranked_by(config.sweep.objective), report.decisions
    return replace(
        ended,
        words=result_in_words(stored),
        warnings=[f"{one.title}. {one.meaning} {one.advice}" for one in run_warnings(stored)],
        scope=str(report.primary_scope),
        metrics=dict(report.primary.headline or {}),
        primary_metric=str(ranked.figure) if ranked else None,
        primary_value=ranked.value if ranked else None,
        f1_low=report.primary.diagnostics.f1_interval_low,
        f1_high=report.primary.diagnostics.f1_interval_high,
        note=_note(report.primary),
        judged=decisions.counts.units if decisions.counts else None,
        flagged=decisions.diagnostics.flagged,
        oracle=report.task.decision.oracle,
        caveat=stored.config.split.caveat,
        seconds=stored.environment["seconds"]["total"],
    )


def _note(block: MetricBlock) -> str | None:
    """Why a block has no figures, and how many units are flagged all the same."""
    flagged = block.diagnostics.flagged
    if block.reason is None or block.counts is None or flagged is None:
        return block.reason_in_words
    units = block.counts.units
    share = f" ({flagged / units:.1%})" if units else ""
    return f"{block.reason_in_words}; {flagged:,} of {units:,} are above the threshold{share}"
