"""What Hydra calls: one composed config in, the figure that a search would raise out."""

from __future__ import annotations

import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from anomalog_exp.app import RunResult, run
from anomalog_exp.config.arguments import DETACH
from anomalog_exp.config.compose import as_typed
from anomalog_exp.config.load import run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.ending import Ending, ExitCode, leave_ending
from anomalog_exp.launch.member import run_member
from anomalog_exp.metric_terms import HEADLINE_COLUMNS, interval_text, shown_metrics
from anomalog_exp.report.write import PAGE
from anomalog_exp.tracking import ui_command

__all__ = ["job", "result_text"]


def job(composed: DictConfig) -> float | None:
    """Run one composed config, alone or as a member of a sweep; the primary metric of its result.

    None stands for a result without metrics, and for no result: what a single run raises is left for the
    entrance (`ending`), as Hydra would print words of its own before it.
    """
    hydra_config = HydraConfig.get()
    overrides = as_typed(hydra_config.overrides.task)
    if hydra_config.mode == RunMode.MULTIRUN:
        return run_member(composed, index=int(hydra_config.job.num), overrides=overrides)
    try:
        result = _run_and_print(composed, overrides)
    except Exception as error:  # noqa: BLE001 - the entrance raises it
        leave_ending(Ending(error=error))
        return None
    leave_ending(Ending(ExitCode.DONE if result.status == "done" else ExitCode.SKIPPED))
    return result.primary_value


def _run_and_print(composed: DictConfig, overrides: list[str]) -> RunResult:
    config = run_config(composed)
    if HydraConfig.get().launcher.get("detach"):
        raise ConfigError.of(
            DETACH,
            True,
            problem="a single run is not sent to a cluster: it runs here",
            allowed="sweeps, also of one member",
            fix="add -m",
        )
    result = run(config, overrides=overrides)
    if result.status != "done":
        print(f"{result.status}: {result.reason}", file=sys.stderr)
        print(f"run dir  {result.run_dir}", file=sys.stderr)
        return result
    print(result_text(result))
    if command := ui_command(config.tracking, Path(result.run_dir)):
        print(f"mlflow   {command}")
    return result


def result_text(result: RunResult) -> str:
    """The result in a few lines: in words, in figures, and where to look."""
    run_dir = Path(result.run_dir)
    again = "  (reused: same config, data and code)" if result.reused else ""
    figures = "  ".join(_figure(result, name) for name in shown_metrics(result.metrics))
    scope = str(result.scope).replace("_", " ")
    page = f"report   {page}\n" if (page := run_dir / PAGE).is_file() else ""
    warnings = "".join(f"warning  {warning}\n" for warning in result.warnings)
    return (
        f"{result.words}\n"
        f"{scope}: {figures or f'no metrics: {result.note}'}\n"
        f"{warnings}"
        f"{page}"
        f"see      {run_dir / 'anomalies.txt'}\n"
        f"run dir  {run_dir}{again}"
    )


def _figure(result: RunResult, name: str) -> str:
    """A figure by its name; F1 with its interval."""
    interval = interval_text(result.f1_low, result.f1_high) if name == HEADLINE_COLUMNS[0] else None
    return f"{name} {result.metrics[name]:.4f}" + (f" ({interval})" if interval else "")
