"""The MLflow run of a sweep, under which its members stand.

The same sweep typed again continues its run. A sweep whose process was killed cannot end its run; the
next process that opens the store on the same machine does it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.files import write_json
from anomalog_exp.processes import this_process
from anomalog_exp.results.paths import TRACKING_RECORD
from anomalog_exp.tracking.endings import KIND, LATEST, PROCESS, ended_in_any_case
from anomalog_exp.tracking.store import opened_store
from anomalog_exp.tracking.views import View, compared_metrics

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["close_sweep_run", "open_sweep_run"]

_PARENT: Final = "mlflow.parentRunId"
_FILES: Final = ("report.html", "results.csv", "results.json", "multirun.yaml", "plan.json")
_BEST = "members/best_f1"


def open_sweep_run(settings: MlflowTrackingConfig, folder: Path, overrides: Sequence[str]) -> str:
    """Create or continue the run of the sweep in `folder`, whose `tracking.json` will name it."""
    name = folder.name
    with opened_store(settings) as (client, experiment):
        known = client.search_runs(
            [experiment], f"tags.`{KIND}` = 'sweep' and tags.sweep = '{name}'", max_results=1
        )
        tags = {KIND: "sweep", PROCESS: this_process(), "sweep": name, "status": "running"}
        if known:
            run_id = str(known[0].info.run_id)
            client.update_run(run_id, status="RUNNING")
            for key, value in tags.items():
                client.set_tag(run_id, key, value)
        else:
            run = client.create_run(experiment, tags=tags, run_name=f"sweep {name}")
            run_id = str(run.info.run_id)
        with ended_in_any_case(client, run_id):
            client.log_param(run_id, "overrides", " ".join(overrides)[:6000])
        place = {"store": str(settings.store), "experiment": settings.experiment_name}
        write_json(folder / TRACKING_RECORD, [place | {"run_id": run_id}])
        return run_id


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
    f1 = [value["f1"] for record in records if "f1" in (value := record.get("metrics") or {})]
    well = all(record["status"] in ("done", "skipped") for record in records)
    now = int(time.time() * 1000)
    with opened_store(settings) as (client, experiment), ended_in_any_case(client, run_id):
        # A sweep that goes on may have no member any more of a status that it had before.
        before = [name for name in client.get_run(run_id).data.metrics if name != _BEST]
        metrics = dict.fromkeys(before, 0.0)
        metrics |= {f"members/{status}": float(count) for status, count in counts.items()}
        if f1:
            metrics[_BEST] = max(f1)
        client.log_batch(
            run_id,
            metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            tags=[RunTag("status", "done" if well else "failed")],
        )
        for name in _FILES:
            if (path := folder / name).is_file():
                client.log_artifact(run_id, str(path))
        if (figures := folder / "figures").is_dir():
            client.log_artifacts(run_id, str(figures), figures.name)
        _show(client, experiment, run_id, folder.name, swept, records)
        client.set_terminated(run_id, "FINISHED" if well else "FAILED")


def _show(
    client: MlflowClient,
    experiment: str,
    run_id: str,
    name: str,
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
    for tag, value in View(name, search, compared_metrics(scope, headline), params).tags.items():
        client.set_experiment_tag(experiment, tag, value)


def _param(key: str, known: Container[str]) -> str | None:
    """The parameter in MLflow that an override changes: of a group it is the option's name."""
    dotted = key.replace("/", ".")
    return next((name for name in (dotted, f"{dotted}.name") if name in known), None)
