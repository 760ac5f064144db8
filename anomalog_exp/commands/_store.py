"""The MLflow store or server that a command works with."""

from __future__ import annotations

import os
from collections.abc import Sequence

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.tracking.address import VARIABLE

__all__ = ["named_store", "store_for"]

_EXPERIMENT = "tracking.experiment_name="


def named_store(overrides: Sequence[str], *, what_for: str) -> MlflowTrackingConfig:
    """The store that overrides name, or the usual one.

    Args:
        overrides: What stands behind `--`.
        what_for: What the command would do with it, as in `to show`.

    Raises:
        ConfigError: they name no store.
    """
    tracking = load_run_config(overrides).tracking
    if isinstance(tracking, MlflowTrackingConfig):
        return tracking
    raise ConfigError.of(
        "tracking",
        tracking.name,
        problem=f"there is no store {what_for}",
        allowed="tracking=mlflow",
        fix="leave tracking out; tracking.store=... names another store",
    )


def store_for(config: RunConfig | None, overrides: Sequence[str]) -> MlflowTrackingConfig:
    """Where a run belongs: what overrides or the environment name, else what the run itself named.

    Its experiment is its own, unless overrides name one.

    Args:
        config: Of the run; None where nothing is known of it.
        overrides: What stands behind `--`.

    Raises:
        ConfigError: overrides name no store.
    """
    own = config.tracking if config else None
    if isinstance(own, MlflowTrackingConfig) and not overrides and not os.environ.get(VARIABLE):
        return own
    named = named_store(overrides, what_for="to bring runs into")
    if config is None or any(one.startswith(_EXPERIMENT) for one in overrides):
        return named
    by_itself = config.experiment_name or config.dataset.name
    name = own.experiment_name if isinstance(own, MlflowTrackingConfig) else by_itself
    return named.model_copy(update={"experiment_name": name})
