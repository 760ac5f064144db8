"""What Hydra calls: one composed config in, one outcome out, for a single run or a sweep's member."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from anomalog_exp.app import RunResult, run
from anomalog_exp.config.load import run_config
from anomalog_exp.errors import PastHydra
from anomalog_exp.launch.sweep import run_member
from anomalog_exp.launch.sweep_table import HEADLINE_COLUMNS
from anomalog_exp.tracking import ui_command

__all__ = ["job"]


def job(composed: DictConfig) -> dict[str, Any] | None:
    """Run one composed config; a single run prints its result and ends by its exit code.

    Raises:
        SystemExit: how a single run ended; Hydra lets it pass.
        PastHydra: a single run raised.
    """
    hydra_config = HydraConfig.get()
    overrides = list(hydra_config.overrides.task)
    if hydra_config.mode == RunMode.MULTIRUN:
        return run_member(composed, index=int(hydra_config.job.num), overrides=overrides)
    try:
        raise SystemExit(_run_alone(composed, overrides))
    except Exception as error:
        raise PastHydra(error) from error


def _run_alone(composed: DictConfig, overrides: list[str]) -> int:
    config = run_config(composed)
    result = run(config, overrides=overrides)
    if result.status != "done":
        print(f"{result.status}: {result.reason}", file=sys.stderr)
        print(f"run dir  {result.run_dir}", file=sys.stderr)
        return 2
    print(told(result))
    if command := ui_command(config.tracking):
        print(f"compare  {command}")
    return 0


def told(result: RunResult) -> str:
    """The result in a few lines."""
    again = " (reused: same config, data and code)" if result.reused else ""
    if result.metrics:
        named = [name for name in HEADLINE_COLUMNS if name in result.metrics]
        shown = {name: result.metrics[name] for name in named or result.metrics}
        figures = "  ".join(f"{name} {value:.4f}" for name, value in shown.items())
    else:
        figures = f"no metrics: {result.note}"
    scope = str(result.scope).replace("_", " ")
    oracle = "\nORACLE: the threshold has seen the test labels" if result.oracle else ""
    return (
        f"{result.name}{again}\n"
        f"{scope}: {figures}{oracle}\n"
        f"run dir  {result.run_dir}\n"
        f"see      {Path(result.run_dir, 'anomalies.txt')}"
    )
