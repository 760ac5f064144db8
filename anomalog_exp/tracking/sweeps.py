"""The MLflow run of a sweep, under which its members stand.

The same sweep typed again continues its run. A sweep whose process was killed cannot end its run; the
next sweep that starts on the same machine does it.
"""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.tracking.store import opened_store

__all__ = ["close_sweep_run", "open_sweep_run"]

_KIND = "anomalog.kind"
_PROCESS = "anomalog.process"


def open_sweep_run(settings: MlflowTrackingConfig, name: str, overrides: Sequence[str]) -> str:
    """Create or continue the run of the sweep called `name`."""
    with opened_store(settings) as (client, experiment):
        _end_orphans(client, experiment)
        found = client.search_runs(
            [experiment], f"tags.`{_KIND}` = 'sweep' and tags.sweep = '{name}'", max_results=1
        )
        tags = {_KIND: "sweep", _PROCESS: _process(os.getpid()), "sweep": name, "status": "running"}
        if found:
            run_id = str(found[0].info.run_id)
            client.update_run(run_id, status="RUNNING")
            for key, value in tags.items():
                client.set_tag(run_id, key, value)
            return run_id
        run = client.create_run(experiment, tags=tags, run_name=f"sweep {name}")
        client.log_param(run.info.run_id, "overrides", " ".join(overrides)[:6000])
        return str(run.info.run_id)


def close_sweep_run(
    settings: MlflowTrackingConfig, run_id: str, records: Sequence[dict[str, Any]], table: Path
) -> None:
    """End a sweep's run with what its members came to."""
    from mlflow.entities import Metric, RunTag

    counts = Counter(str(record["status"]) for record in records)
    metrics = {f"members/{status}": float(count) for status, count in counts.items()}
    # Without labels there is no F1; next events that were predicted have metrics of their own.
    f1 = [value["f1"] for record in records if "f1" in (value := record.get("metrics") or {})]
    if f1:
        metrics["members/best_f1"] = max(f1)
    well = all(record["status"] in ("done", "skipped") for record in records)
    now = int(time.time() * 1000)
    with opened_store(settings) as (client, _):
        client.log_batch(
            run_id,
            metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            tags=[RunTag("status", "done" if well else "failed")],
        )
        client.log_artifact(run_id, str(table))
        client.set_terminated(run_id, "FINISHED" if well else "FAILED")


def _end_orphans(client: Any, experiment: str) -> None:
    running = client.search_runs(
        [experiment], f"tags.`{_KIND}` = 'sweep' and attributes.status = 'RUNNING'"
    )
    for run in running:
        host, _, process = run.data.tags.get(_PROCESS, "").partition(":")
        if host == platform.node() and not _alive(process):
            client.set_tag(run.info.run_id, "status", "killed")
            client.set_terminated(run.info.run_id, "KILLED")


def _process(pid: int) -> str:
    return f"{platform.node()}:{pid}"


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
