"""Names of MLflow's runs: they start with what differs, as lists of runs cut names off.

A member of a sweep is named by what the sweep is over, `markov · window 10 · seed 1`. A run alone is
named by its detector, its log and what else was typed, `markov on app.log · window 10`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from anomalog_exp.results.members import told

__all__ = ["member_name", "name_alone"]

_BETWEEN: Final = " · "
_LONGEST: Final = 200
_NOT_TOLD: Final = ("name", "description", "force", "write_predictions", "keep_bundle", "plugins")
_NOT_TOLD_IN: Final = (
    "paths.",
    "tracking",
    "sweep.",
    "hydra",
    "dataset.source",
    "dataset/source",
    "report.",
)


def member_name(overrides: Sequence[str], swept: Sequence[str]) -> str:
    """The name of a member by its overrides, of those keys that its sweep varies."""
    return _BETWEEN.join(_told(one) for one in overrides if _key(one) in swept)[:_LONGEST]


def name_alone(config: dict[str, Any], overrides: Sequence[str]) -> str:
    """The name of a run by its config, as plain values, and what was typed."""
    dataset = config["dataset"]
    source = dataset["source"]
    own_file = dataset["preset"] is None and "path" in source
    log = _file(source["path"]) if own_file else dataset["name"]
    typed = [override for override in overrides if _is_worth_telling(override)]
    return _BETWEEN.join([f"{config['model']['name']} on {log}", *map(_told, typed)])[:_LONGEST]


def _file(named: str | list[str]) -> str:
    """The name of a log's file; of several files that of the first, and how many follow."""
    first, *more = [named] if isinstance(named, str) else named
    return Path(first).name + (f" and {len(more)} more" if more else "")


def _is_worth_telling(override: str) -> bool:
    """Whether it says something that detector and log do not, and that results depend on."""
    key = _key(override)
    in_front = ("model", "dataset", "experiment")
    return not (key in in_front or key in _NOT_TOLD or key.startswith(_NOT_TOLD_IN))


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def _told(override: str) -> str:
    return told(_key(override), override.partition("=")[2])
