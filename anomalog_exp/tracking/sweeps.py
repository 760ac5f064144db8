"""The MLflow run of a sweep, under which its members stand.

The same sweep typed again continues its run. A sweep whose process was killed cannot end its run; the
next process that opens the store on the same machine does it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.processes import this_process
from anomalog_exp.tracking.endings import PROCESS, ended_in_any_case
from anomalog_exp.tracking.store import opened_store

__all__ = ["close_sweep_run", "open_sweep_run"]

_KIND = "anomalog.kind"
_BEST = "members/best_f1"


def open_sweep_run(settings: MlflowTrackingConfig, name: str, overrides: Sequence[str]) -> str:
    """Create or continue the run of the sweep called `name`."""
    with opened_store(settings) as (client, experiment):
        known = client.search_runs(
            [experiment], f"tags.`{_KIND}` = 'sweep' and tags.sweep = '{name}'", max_results=1
        )
        tags = {_KIND: "sweep", PROCESS: this_process(), "sweep": name, "status": "running"}
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
        return run_id


def close_sweep_run(
    settings: MlflowTrackingConfig, run_id: str, records: Sequence[dict[str, Any]], table: Path
) -> None:
    """End a sweep's run with what its members came to."""
    from mlflow.entities import Metric, RunTag

    counts = Counter(str(record["status"]) for record in records)
    # Without labels there is no F1; next events that were predicted have metrics of their own.
    f1 = [value["f1"] for record in records if "f1" in (value := record.get("metrics") or {})]
    well = all(record["status"] in ("done", "skipped") for record in records)
    now = int(time.time() * 1000)
    with opened_store(settings) as (client, _), ended_in_any_case(client, run_id):
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
        client.log_artifact(run_id, str(table))
        client.set_terminated(run_id, "FINISHED" if well else "FAILED")
