"""One run: config in, result out. The whole flow is `run`.

Raw log -> LogDataset -> SequenceSet -> scores -> metrics -> run dir -> tracker. A finished result of
the same config, data and code is reused; the run dir is the truth, and the tracker mirrors it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.detection.run import run_model
from anomalog_exp.evaluation import primary_block
from anomalog_exp.progress import Progress
from anomalog_exp.results import (
    Provenance,
    ResultPaths,
    ResultWriteContext,
    attempt,
    build_run_metrics_report,
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
        reused: An earlier result stood for it.
        scope: The metric scope that leads.
        metrics: Headline metrics of that scope; none where it is not valid.
        note: Why there are none, and what was flagged all the same.
        judged: Units of that scope that were judged, labelled or not; None where nothing was.
        flagged: How many of them are predicted anomalous.
        oracle: The threshold has seen the labels of the test split.
        seconds: What it took, now or when it ran.
    """

    name: str
    fingerprint: str
    run_dir: str
    status: str
    reason: str | None
    reused: bool
    scope: str | None
    metrics: dict[str, float]
    note: str | None
    judged: int | None
    flagged: int | None
    oracle: bool
    seconds: float | None


def run(
    config: RunConfig,
    *,
    overrides: Sequence[str] = (),
    progress: Progress | None = None,
    mirrored: bool = True,
) -> RunResult:
    """Run one config, or reuse its finished result.

    Args:
        config: What to run.
        overrides: What was typed, for the record.
        progress: Told of long stages.
        mirrored: Mirror the run dir to the tracker; a sweep does that for its members itself.

    Raises:
        ConfigError: the config or its data cannot be used.
    """
    progress = progress or Progress()
    clock = Clock()
    with clock.stage("dataset"):
        paths = config.paths
        dataset = load_dataset(
            config.dataset,
            config.template,
            data_dir=paths.data_dir,
            cache_dir=paths.cache_dir,
            progress=progress,
        )
    files = prepare_result_paths(config)
    provenance = Provenance(files.run_fingerprint, dataset.digest, package_digest(config))
    context = ResultWriteContext(config, list(overrides), files, provenance, clock)
    with claimed(files):
        stale = why_not_reused(files, provenance, needs_predictions=config.write_predictions)
        reused = stale is None and not config.force
        try:
            if not reused:
                with attempt(context):
                    _LOG.info("running %s: %s", config.name, stale or "force=true")
                    _measure(context, dataset, progress)
        finally:
            if mirrored:
                mirror_run(files.run_dir, config.tracking)
        return _result(config, files, reused)


def _measure(context: ResultWriteContext, dataset: LogDataset, progress: Progress) -> None:
    """Sequences, scores, metrics and what is written of them."""
    config, clock = context.config, context.clock
    with clock.stage("sequences"):
        sequences = config.sequence.apply(dataset, config.split)
        sequences = with_templates_of_training(sequences, config.template)
    summary = run_model(config.model, sequences, progress=progress)
    clock.seconds |= summary.seconds
    with clock.stage("evaluate"):
        report = build_run_metrics_report(config, sequences, summary)
    write_run_outputs(context, sequences, summary, report)


def _result(config: RunConfig, paths: ResultPaths, reused: bool) -> RunResult:
    """What the run dir says."""
    stored = read_run(paths.run_dir)
    status = stored.status
    done = status["status"] == "done"
    block: dict[str, Any] = primary_block(stored.metrics) if done else {}
    return RunResult(
        name=config.name,
        fingerprint=paths.run_fingerprint,
        run_dir=str(paths.run_dir),
        status=status["status"],
        reason=status["reason"],
        reused=reused,
        scope=block.get("scope"),
        metrics=block.get("headline", {}),
        note=_note(block),
        judged=block.get("counts", {}).get("units"),
        flagged=block.get("diagnostics", {}).get("flagged"),
        oracle=done and stored.metrics["task"]["decision"]["oracle"],
        seconds=stored.environment["seconds"]["total"] if done else None,
    )


def _note(block: dict[str, Any]) -> str | None:
    """Why a block has no metrics, with what was flagged where anything was judged."""
    if block.get("reason") is None or "diagnostics" not in block:
        return block.get("reason")
    flagged, units = block["diagnostics"].get("flagged", 0), block["counts"]["units"]
    return f"{block['reason']}; {flagged:,} of {units:,} are above the threshold"
