"""The MLflow run of a sweep, under which its members stand.

The same sweep typed again continues its run: that of its folder, as somebody else may have typed the
same for the same server. A sweep whose process was killed cannot end its run; the next process that
opens the store on the same machine does it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.files import write_json
from anomalog_exp.processes import is_of_this_host
from anomalog_exp.results.paths import TRACKING_RECORD
from anomalog_exp.tracking.address import place_of
from anomalog_exp.tracking.contention import despite_others
from anomalog_exp.tracking.endings import KIND, LATEST, PROCESS, VIEW, ended_in_any_case, writer
from anomalog_exp.tracking.latest import remove_doubles
from anomalog_exp.tracking.notes import found_run, noted_mirrors
from anomalog_exp.tracking.store import opened_store
from anomalog_exp.tracking.views import View, compared_metrics

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["close_sweep_run", "open_sweep_run"]

_PARENT: Final = "mlflow.parentRunId"
_PLAN: Final = "plan.json"
_TABLE: Final = "results.json"
_FILES: Final = ("report.html", "results.csv", _TABLE, "multirun.yaml", _PLAN)
_BEST = "members/best_f1"


def open_sweep_run(settings: MlflowTrackingConfig, folder: Path, overrides: Sequence[str]) -> str:
    """Create or continue the run of the sweep in `folder`, whose `tracking.json` will name it."""
    name, place = folder.name, place_of(settings)
    with opened_store(settings) as (client, experiment):
        tags = {KIND: "sweep", "sweep": name, "run_dir": str(folder), "status": "running"}
        known = _noted(client, folder, place)
        known = known or next(_of_this_folder(client, experiment, tags), None)
        if known:
            client.update_run(known, status="RUNNING")
            for key, value in (tags | writer()).items():
                client.set_tag(known, key, value)
        run_id = known or str(
            client.create_run(
                experiment,
                start_time=_written(folder / _PLAN),
                tags=tags | writer(),
                run_name=f"sweep {name}",
            ).info.run_id
        )
        with ended_in_any_case(client, run_id):
            if known is None:
                of_this_folder = _of_this_folder(client, experiment, tags)
                remove_doubles(client, [other for other in of_this_folder if other != run_id])
            client.log_param(run_id, "overrides", " ".join(overrides)[:6000])
            client.set_tag(run_id, VIEW, f"{name}-{run_id[:8]}")
        write_json(folder / TRACKING_RECORD, [place | {"run_id": run_id}])
        return run_id


def _noted(client: MlflowClient, folder: Path, place: dict[str, str]) -> str | None:
    """The run that the folder's `tracking.json` names, if the place still has it."""
    for mirror in noted_mirrors(folder / TRACKING_RECORD):
        if place.items() <= mirror.items() and (run := found_run(client, mirror["run_id"])):
            return str(run.info.run_id) if run.info.lifecycle_stage == "active" else None
    return None


def _of_this_folder(client: MlflowClient, experiment: str, tags: dict[str, str]) -> Iterator[str]:
    """Runs of the sweep's folder by processes of this machine: one that was killed noted none."""
    ours = f"tags.`{KIND}` = 'sweep' and tags.sweep = '{tags['sweep']}'"
    for run in client.search_runs([experiment], ours):
        process = str(run.data.tags.get(PROCESS, ""))
        if run.data.tags.get("run_dir") == tags["run_dir"] and is_of_this_host(process):
            yield str(run.info.run_id)


def _written(path: Path) -> int:
    """When a file was written, in milliseconds; now where it is not there."""
    seconds = path.stat().st_mtime if path.is_file() else time.time()
    return int(seconds * 1000)


def close_sweep_run(
    settings: MlflowTrackingConfig,
    run_id: str,
    folder: Path,
    swept: Sequence[str],
    records: Sequence[dict[str, Any]],
) -> None:
    """End a sweep's run with what its members came to, the files of its folder and a view of them."""
    from mlflow.entities import Metric, RunTag

    counts = Counter(str(record["status"]) for record in records)
    # Without labels there is no F1; next events that were predicted have metrics of their own.
    with_f1 = [record for record in records if "f1" in (record.get("metrics") or {})]
    well = all(record["status"] in ("done", "skipped") for record in records)
    # The same however late, or how often, the sweep is brought in.
    ended = _written(folder / _TABLE)
    with opened_store(settings) as (client, experiment), ended_in_any_case(client, run_id):
        # A sweep that goes on may have no member any more of a status that it had before.
        before = [
            name for name in client.get_run(run_id).data.metrics if not name.startswith(_BEST)
        ]
        metrics = dict.fromkeys(before, 0.0)
        metrics |= {f"members/{status}": float(count) for status, count in counts.items()}
        if with_f1:
            best = max(with_f1, key=lambda record: float(record["metrics"]["f1"]))
            metrics[_BEST] = best["metrics"]["f1"]
            for end in ("low", "high"):
                if (value := best.get(f"f1_{end}")) is not None:
                    metrics[f"{_BEST}_interval_{end}"] = value
        client.log_batch(
            run_id,
            metrics=[Metric(name, value, ended, 0) for name, value in metrics.items()],
            tags=[RunTag("status", "done" if well else "failed")],
        )
        for name in _FILES:
            if (path := folder / name).is_file():
                client.log_artifact(run_id, str(path))
        if (figures := folder / "figures").is_dir():
            client.log_artifacts(run_id, str(figures), figures.name)
        _show(client, experiment, run_id, swept, records)
        client.set_terminated(run_id, "FINISHED" if well else "FAILED", end_time=ended)


def _show(
    client: MlflowClient,
    experiment: str,
    run_id: str,
    swept: Sequence[str],
    records: Sequence[dict[str, Any]],
) -> None:
    """Make a view of exactly the members: the keys that the sweep varies, and what it is ranked by."""
    scopes = Counter(str(record["scope"]) for record in records if record.get("scope"))
    search = f"tags.`{_PARENT}` = '{run_id}' and tags.`{LATEST}` = 'yes'"
    members = client.search_runs([experiment], search, max_results=1)
    if not scopes or not members:
        return
    ((scope, _),) = scopes.most_common(1)
    headline: dict[str, float] = {}
    for record in records:
        headline |= record["metrics"] if record.get("scope") == scope else {}
    params = [param for key in swept if (param := _param(key, members[0].data.params))]
    name = client.get_run(run_id).data.tags[VIEW]
    for tag, value in View(name, search, compared_metrics(scope, headline), params).tags.items():
        despite_others(client.set_experiment_tag, experiment, tag, value)


def _param(key: str, known: Container[str]) -> str | None:
    """The parameter in MLflow that an override changes: of a group it is the option's name."""
    dotted = key.replace("/", ".")
    return next((name for name in (dotted, f"{dotted}.name") if name in known), None)
