"""The MLflow store that overrides of a command name."""

from __future__ import annotations

from collections.abc import Sequence

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.errors import ConfigError

__all__ = ["named_store"]


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
