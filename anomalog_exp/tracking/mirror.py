"""One run dir as one MLflow run: params, metrics, losses by epoch, tags, the data set, the files.

The MLflow run is written when the run has ended, with the times at which it began and ended. A tag says
which result it mirrors: a process that is killed while it writes leaves a run that the next one finds
and finishes, as every step may be done twice. So a result has one MLflow run for each sweep that it
belongs to, and one for itself. `tracking.json` in the run dir names what is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.evaluation import Diagnostics
from anomalog_exp.evaluation.block import Recount
from anomalog_exp.files import write_json
from anomalog_exp.metric_terms import Figure, Objective
from anomalog_exp.results.read import StoredRun, read_run
from anomalog_exp.tracking.address import place_of
from anomalog_exp.tracking.contention import despite_others
from anomalog_exp.tracking.endings import KIND, LATEST, RESULT, ended_in_any_case, writer
from anomalog_exp.tracking.latest import result_tag, tell_latest
from anomalog_exp.tracking.models import log_model_once
from anomalog_exp.tracking.names import name_alone
from anomalog_exp.tracking.notes import found_run, noted_mirrors
from anomalog_exp.tracking.store import opened_store
from anomalog_exp.tracking.views import EXPERIMENT_VIEW, View, compared_metrics, in_scope

__all__ = ["losses_by_epoch", "mirror_run_dir", "run_metrics"]

_ALONE = "alone"
_VALUE_LENGTH = 6000
_NOT_PARAMS = (
    "plugins",
    "paths",
    "tracking",
    "sweep",
    "force",
    "write_predictions",
    "keep_bundle",
    "description",
    "groups",
)
_ENDED_AS = {"done": "FINISHED", "skipped": "FINISHED", "failed": "FAILED", "killed": "KILLED"}
_COMPARED = (Figure.F1, Figure.AUROC, Figure.TOP1, Figure.WORKLOAD_REDUCTION)
_STAGES = ("total", "dataset", "sequences", "fit", "score", "evaluate")


def mirror_run_dir(
    run_dir: Path,
    settings: MlflowTrackingConfig,
    *,
    parent: str | None,
    name: str | None = None,
) -> str:
    """The id of the MLflow run that mirrors `run_dir`, written now if it is not there.

    Args:
        run_dir: A run that has ended.
        settings: The store or the server.
        parent: The MLflow run of the sweep it belongs to.
        name: What the run is called; None names it as one that runs alone.

    Raises:
        ConfigError: the store cannot be used.
        DataError: the run dir is not as its run wrote it; nothing of it is mirrored.
    """
    stored = read_run(run_dir)
    drawn = (stored.paths.page_path, *stored.paths.figures_dir.glob("*"))
    # A bundle is large, and a model of MLflow holds it where somebody asks for one.
    kept = (path for path in stored.files if not path.is_relative_to(stored.paths.bundle_dir))
    files = [*sorted(kept), *(path for path in drawn if path.is_file())]
    record = stored.paths.tracking_path
    key = place_of(settings) | {"parent": parent}
    with opened_store(settings) as (client, experiment):
        others = []
        for mirror in noted_mirrors(record):
            if not key.items() <= mirror.items():
                others.append(mirror)
            elif found_run(client, mirror["run_id"]):
                return _with_model(client, experiment, str(mirror["run_id"]), stored, settings)
        run_id = _write(client, experiment, stored, files, parent, name)
        _with_model(client, experiment, run_id, stored, settings)
        tell_latest(client, run_id, experiment, _result(stored, parent))
        _show(client, experiment, stored)
        write_json(record, [*others, key | {"run_id": run_id}])
    return run_id


def _with_model(
    client: Any, experiment: str, run_id: str, stored: StoredRun, settings: MlflowTrackingConfig
) -> str:
    """The same run, whose bundle is logged as a model where settings ask for that."""
    if settings.log_model and stored.status["status"] == "done":
        log_model_once(client, experiment, run_id, stored)
    return run_id


def _write(
    client: Any,
    experiment: str,
    stored: StoredRun,
    files: list[Path],
    parent: str | None,
    name: str | None,
) -> str:
    from mlflow.entities import Metric, Param, RunTag

    status, environment = stored.status, stored.environment
    begun, ended = (_ms(environment[key]) for key in ("begun", "ended"))
    config = serialise_config(stored.config)
    result = _result(stored, parent)
    tags = _tags(stored, config) | writer() | {RESULT: result, KIND: "run"}
    if parent:
        tags["mlflow.parentRunId"] = parent
    options = {key: value for key, value in config.items() if key not in _NOT_PARAMS}
    params = [Param(key, value[:_VALUE_LENGTH]) for key, value in _flat(options)]
    done = status["status"] == "done"
    metrics = run_metrics(stored) if done else {}
    losses = losses_by_epoch(stored) if done else {}
    earlier = client.search_runs([experiment], f"tags.`{RESULT}` = '{result}'", max_results=1)
    if earlier:
        (run,) = earlier
        if run.info.status == "FINISHED":  # all of it is there; what is cut off ends otherwise
            return str(run.info.run_id)
        _remove_half_copied(run)
    else:
        name = name or name_alone(config, environment["overrides"])
        run = client.create_run(experiment, start_time=begun, tags=tags, run_name=name)
    run_id = str(run.info.run_id)
    with ended_in_any_case(client, run_id):
        client.log_batch(
            run_id,
            metrics=[
                *(Metric(name, value, ended, 0) for name, value in metrics.items()),
                *(
                    Metric(name, loss, ended, epoch)
                    for name, curve in losses.items()
                    for epoch, loss in enumerate(curve, 1)
                ),
            ],
            params=params,
            tags=[RunTag(key, value) for key, value in tags.items()] if earlier else [],
        )
        if done:
            despite_others(client.log_inputs, run_id, [_data_set(stored)])
        for path in files:
            folder = path.parent.relative_to(stored.paths.run_dir).as_posix()
            client.log_artifact(run_id, str(path), None if folder == "." else folder)
        client.set_terminated(run_id, _ENDED_AS[status["status"]], end_time=ended)
    return run_id


def _result(stored: StoredRun, parent: str | None) -> str:
    """The tag of the MLflow run that mirrors a run dir under a sweep's run, or alone."""
    fingerprint = stored.status["config_fingerprint"]
    return result_tag(fingerprint, stored.environment["ended"], parent or _ALONE)


def _show(client: Any, experiment: str, stored: StoredRun) -> None:
    """Let the experiment open on a comparison of its runs by what this one is ranked by."""
    if stored.status["status"] != "done":
        return
    report = stored.report
    metrics = compared_metrics(str(report.primary_scope), report.primary.headline or {})
    params = [f"{group}.name" for group in _GROUPS]
    view = View(EXPERIMENT_VIEW, f"tags.`{LATEST}` = 'yes'", metrics, params)
    for name, value in view.tags.items():
        despite_others(client.set_experiment_tag, experiment, name, value)


def _data_set(stored: StoredRun) -> Any:
    """The data set as MLflow names an input: by its source and our digest of it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    manifest = stored.dataset_manifest
    facts = manifest["dataset"]
    shown = ("lines_total", "rows", "entities", "templates", "sources")
    profile = {key: facts[key] for key in shown}
    dataset = Dataset(
        name=manifest["name"],
        digest=facts["digest"][:16],
        source_type=facts["source"]["name"],
        source=json.dumps(facts["source"], sort_keys=True),
        profile=json.dumps(profile, sort_keys=True),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "run")])


def _remove_half_copied(run: Any) -> None:
    """MLflow copies a file under a hidden name first; a kill leaves it. No hidden file is ours."""
    place = urlsplit(run.info.artifact_uri)
    if place.scheme == "file":  # a server that keeps the files takes each as a whole
        for path in Path(url2pathname(place.path)).glob(".*"):
            path.unlink()


def run_metrics(stored: StoredRun) -> dict[str, float]:
    """The figures to compare runs by, named by scope: `sequence/f1`; and seconds of the main stages.

    The scope that leads gives all its figures, other scopes the few that people compare first: nobody
    reads a page of a hundred columns, and `metrics.json` has them all.
    """
    metrics: dict[str, float] = {}
    report, environment = stored.report, stored.environment
    for scope, block in report.blocks.items():
        values = dict(block.headline or {})
        if scope == report.primary_scope:
            values |= _diagnostic_figures(block.diagnostics)
        else:
            values = {name: values[name] for name in _COMPARED if name in values}
        if Figure.F1 in values:
            values |= _interval(Figure.F1, block.diagnostics)
        metrics |= {in_scope(scope, name): value for name, value in values.items()}
    if report.validation:
        figures = report.validation.figures
        metrics |= {f"validation/{one}": figures[one] for one in Objective if one in figures}
    judged = report.decisions
    if judged.counts and judged.counts.units and judged.diagnostics.flagged is not None:
        share = judged.diagnostics.flagged / judged.counts.units
        metrics[in_scope(judged.scope, "flagged_share")] = share
        metrics[in_scope(judged.scope, "flagged")] = float(judged.diagnostics.flagged)
    seconds = environment["seconds"]
    metrics |= {f"seconds/{stage}": seconds[stage] for stage in _STAGES if stage in seconds}
    return metrics | {"peak_memory_mb": environment["peak_memory_mb"]}


def losses_by_epoch(stored: StoredRun) -> dict[str, list[float]]:
    """Losses of the detector's own network from the first epoch on: `loss`, `valid_loss` if any."""
    curve = stored.learning_curves.get("")
    if curve is None:
        return {}
    losses = {"loss": curve.loss.tolist(), "valid_loss": curve.valid_loss.tolist()}
    return {name: by_epoch for name, by_epoch in losses.items() if by_epoch}


def _diagnostic_figures(diagnostics: Diagnostics) -> dict[str, float]:
    """Those beside the headline that are worth a column."""
    figures = {
        "mcc": diagnostics.mcc,
        "false_positive_rate": diagnostics.false_positive_rate,
        "oracle_best_f1": diagnostics.oracle_best_f1,
        "test_share_seen_in_train": diagnostics.test_share_seen_in_train,
        "distinct_test_sequences": diagnostics.distinct_test_sequences,
        "threshold": diagnostics.threshold,
    }
    found = {name: float(value) for name, value in figures.items() if value is not None}
    recounts = {"unique_f1": diagnostics.unique, "sessions_f1": diagnostics.sessions}
    for name, recount in recounts.items():
        if recount is not None:
            found |= {name: recount.f1} | _interval(name, recount)
    return found


def _interval(name: str, measured: Diagnostics | Recount) -> dict[str, float]:
    """The ends of the interval of an F1 that bears this name."""
    low, high = measured.f1_interval_low, measured.f1_interval_high
    if low is None or high is None:
        return {}
    return {f"{name}_interval_low": low, f"{name}_interval_high": high}


def _tags(stored: StoredRun, config: dict[str, Any]) -> dict[str, str]:
    status, environment = stored.status, stored.environment
    oracle = status["status"] == "done" and stored.report.task.decision.oracle
    tags = {
        "status": status["status"],
        "reason": status["reason"],
        "fingerprint": status["config_fingerprint"],
        "data_digest": status["data_digest"],
        "code_digest": status["code_digest"],
        "git_commit": environment["git_commit"],
        "git_dirty": environment["git_dirty"],
        "decision": config["model"]["decision"]["name"],
        "oracle": "the threshold has seen the test labels" if oracle else None,
        "caveat": stored.config.split.caveat,
        "experiment": config["experiment_name"],
        "groups": ",".join(config["groups"]),
        "sweep": Path(config["sweep"]["dir"]).name if config["sweep"]["dir"] else None,
        "overrides": " ".join(environment["overrides"]),
        "run_dir": str(stored.paths.run_dir),
        "mlflow.source.name": "anomalog_exp",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": environment["git_commit"],
        "mlflow.note.content": config["description"],
        **{group: config[group]["name"] for group in _GROUPS},
    }
    return {key: str(value)[:5000] for key, value in tags.items() if value not in (None, "")}


_GROUPS = ("dataset", "sequence", "split", "template", "model")


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and texts of all leaves; lists are JSON, None is null."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
