"""What a sweep is called, and where all its members are mirrored: one experiment of MLflow.

A member alone would stand in the experiment of its data set; members of a sweep over several data sets
would be torn apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.settings import MlflowTrackingConfig, TrackingConfig

__all__ = ["sweep_title", "tracked_together"]

_NAMED: Final = 3
"""Of more data sets only the number is in the title."""


def sweep_title(shared: RunConfig, plan: Sequence[Sequence[str]]) -> str:
    """The name of the experiment file, or of the data sets that the sweep is over.

    Args:
        shared: What members have in common.
        plan: The overrides of each member.
    """
    chosen = (override.partition("=") for member in plan for override in member)
    names = list(dict.fromkeys(name for key, _, name in chosen if key == "dataset"))
    if shared.experiment_name or len(names) < 2:
        return shared.experiment_name or shared.dataset.name
    return "+".join(names) if len(names) <= _NAMED else f"{len(names)} data sets"


def tracked_together(shared: RunConfig, title: str) -> TrackingConfig:
    """The tracker of all members; an experiment that was named by its key stays."""
    tracking = shared.tracking
    alone = shared.experiment_name or shared.dataset.name
    if not isinstance(tracking, MlflowTrackingConfig) or tracking.experiment_name != alone:
        return tracking
    return tracking.model_copy(update={"experiment_name": title})
