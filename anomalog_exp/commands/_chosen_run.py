"""The run of overrides that a command has chosen, or the sweep that several values of a key make."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from anomalog_exp.app import RunResult, run
from anomalog_exp.commands._analysis import skipped_text
from anomalog_exp.config.compose import swept_keys
from anomalog_exp.config.load import load_run_config
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.from_python import ended_sweep

__all__ = ["chosen_run"]


def chosen_run(overrides: Sequence[str]) -> tuple[RunResult, str] | int:
    """A result and the command that gives it again; an exit code where there is none to show.

    A sweep has printed its table, and a run that is skipped its reason.
    """
    if swept_keys(overrides):
        return ended_sweep(overrides).code
    result = run(load_run_config(overrides), overrides=overrides)
    command = shlex.join(["python", "-m", "anomalog_exp", *overrides])
    if result.status != "done":
        print(skipped_text(result, command))
        return ExitCode.SKIPPED
    return result, command
