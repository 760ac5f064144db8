"""What a sweep is going to run, and mistakes in it that can be seen before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from anomalog_exp.config.choices import refuse_odd_values
from anomalog_exp.config.compose import sweep_members
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.settings import SweepConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.secrets import without_secrets

__all__ = [
    "check_composes",
    "check_summary",
    "hide_secrets",
    "is_grid",
    "planned_members",
    "typed_overrides",
]

_GRIDS = ("GridSweeper", "BasicSweeper")
"""Sweepers of all combinations."""

_HOW = ("hydra/sweeper=", "hydra.sweeper.")
"""Overrides that say how a search goes about it."""


def typed_overrides(config: DictConfig) -> list[str]:
    """What a sweep is over: the parameters of its experiment file, and what was typed.

    What was typed of a search's sweeper stands behind it. Secrets of addresses are in it: members need
    them, and no record does.
    """
    sweeper: Any = OmegaConf.to_container(config.hydra.sweeper, resolve=True)
    swept = sweeper.get("params") or {}
    typed: Any = OmegaConf.to_container(config.hydra.overrides.task, resolve=False)
    own: Any = OmegaConf.to_container(config.hydra.overrides.hydra, resolve=False)
    how = [] if is_grid(config) else [one for one in own if one.startswith(_HOW)]
    return [f"{key}={value}" for key, value in swept.items()] + typed + how


def is_grid(config: DictConfig) -> bool:
    """Whether all combinations run, so that they are known before the first one does."""
    return str(config.hydra.sweeper.get("_target_")).rpartition(".")[2] in _GRIDS


def hide_secrets(config: DictConfig) -> None:
    """Hide the secrets of addresses in what Hydra writes of a sweep's config.

    Its own overrides stay: a launcher composes members with them.
    """
    own: Any = OmegaConf.to_container(config.hydra.overrides.hydra, resolve=False)
    with read_write(config), open_dict(config):
        _hide(config, OmegaConf.to_container(config, resolve=False))
        config.hydra.overrides.hydra = own


def _hide(node: Any, plain: Any) -> None:
    for key, value in plain.items() if isinstance(plain, dict) else enumerate(plain):
        if isinstance(value, dict | list):
            _hide(node[key], value)
        elif isinstance(value, str) and (hidden := without_secrets(value)) != value:
            node[key] = hidden


def check_summary(asked: SweepConfig, swept: Sequence[str]) -> None:
    """Find a key to summarize that the sweep does not vary, and several tables where there is one.

    Raises:
        ConfigError: there is one.
    """
    if "sweep.summarize" in swept:
        raise ConfigError.of(
            "sweep.summarize",
            "several values",
            problem="a sweep has one table",
            allowed="one key, or a list of keys in brackets",
            fix="write sweep.summarize=[seed,split.train_fraction]",
        )
    for key in asked.summarize:
        if key not in swept:
            raise ConfigError.of(
                "sweep.summarize",
                key,
                problem="this sweep does not vary it, so its members repeat nothing by it",
                allowed=f"keys with several values: {', '.join(swept) or 'there are none'}",
                fix=f"give {key} several values, or leave it out of sweep.summarize",
            )


def planned_members(config: DictConfig, loader: ConfigLoader) -> list[list[str]]:
    """The overrides of each member, in the order in which they run; none where a search chooses them.

    Raises:
        ConfigError: there is no member, one names a key or an option that does not exist, or they belong
            to several experiments.
        HydraException: an override cannot be read.
    """
    if not is_grid(config):
        return []
    typed = typed_overrides(config)
    plan = sweep_members(typed, loader)
    if not plan:
        _refuse_no_members(typed, loader)
    check_composes(config, plan, loader)
    _check_one_experiment(plan)
    return plan


def check_composes(config: DictConfig, plan: Sequence[Sequence[str]], loader: ConfigLoader) -> None:
    """Find a misspelt key or option of members.

    Composing takes a while, so members are composed only where they show a key or an option of a
    group for the first time; a value that does not fit fails its own members only.

    Raises:
        ConfigError: there is one.
    """
    groups = set(loader.list_groups(""))
    shown: set[str] = set()
    for overrides in plan:
        pairs = [(override.split("=", 1)[0].lstrip("+~"), override) for override in overrides]
        new = {text if key in groups or "/" in key else key for key, text in pairs} - shown
        if new:
            shown |= new
            refuse_odd_values(overrides)
            try:
                loader.load_sweep_config(config, list(overrides))
            except COMPOSING_ERRORS as error:
                raise explained(error, overrides) from error


def _refuse_no_members(typed: Sequence[str], loader: ConfigLoader) -> NoReturn:
    """Name the override that sweeps over nothing."""
    nothing = next(one for one in typed if not sweep_members([one], loader))
    key, _, values = nothing.partition("=")
    is_group = "/" in key or key in loader.list_groups("")
    names = loader.get_group_options(key) if is_group else []
    raise ConfigError.of(
        key,
        values,
        problem="it stands for no value, so that the sweep has no member",
        allowed=", ".join(names) or "one value or more",
        fix="write a pattern that fits some of them" if names else "name the values",
    )


def _check_one_experiment(plan: Sequence[Sequence[str]]) -> None:
    """An experiment brings a sweep of its own, which Hydra would drop where several are swept over."""
    chosen = {override for member in plan for override in member if _chooses_experiment(override)}
    if len(chosen) > 1:
        names = [override.partition("=")[2] for override in sorted(chosen)]
        raise ConfigError.of(
            "experiment",
            ", ".join(names),
            problem="each experiment is a sweep of its own",
            allowed="one experiment",
            fix=f"python -m anomalog_exp.experiments run {' '.join(names)}",
        )


def _chooses_experiment(override: str) -> bool:
    return override.startswith("experiment=")
