"""The figures by which runs are compared, as one row of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anomalog_exp.evaluation import MetricReport

__all__ = ["run_figures"]


def run_figures(
    report: MetricReport, environment: Mapping[str, Any], caveat: str | None
) -> dict[str, Any]:
    """What leads the result of a run.

    Args:
        report: Its metrics.
        environment: What `environment.json` holds.
        caveat: Of its split.

    Returns:
        `oracle`, `caveat`, `scope`, `primary_metric` and `primary_value`, then the headline figures of
        that scope by name, `f1_low` and `f1_high`, `flagged` of `judged` units, and `seconds`; None
        where there is none.
    """
    primary, decisions = report.primary, report.decisions
    metric = report.primary_metric
    return {
        "oracle": report.task.decision.oracle,
        "caveat": caveat,
        "scope": str(report.primary_scope),
        "primary_metric": str(metric.figure) if metric else None,
        "primary_value": metric.value if metric else None,
        **{str(name): value for name, value in (primary.headline or {}).items()},
        "f1_low": primary.diagnostics.f1_interval_low,
        "f1_high": primary.diagnostics.f1_interval_high,
        "flagged": decisions.diagnostics.flagged,
        "judged": decisions.counts.units if decisions.counts else None,
        "seconds": environment["seconds"]["total"],
    }
