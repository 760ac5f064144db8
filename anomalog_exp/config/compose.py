"""From overrides to plain YAML, as Hydra composes it on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from anomalog_exp.options.listing import conf_dir

__all__ = [
    "HYDRA_VERSION_BASE",
    "compose",
    "quoted",
    "sweep_members",
    "use_resolvers",
]

HYDRA_VERSION_BASE = "1.3"


def _worker_count() -> int:
    """Workers of a sweep: one per usable core, as long as each can have 1.5 GB of memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX system: cores alone decide
        return cores or 1
    return max(1, min(cores or 1, memory // 1_500_000_000))


def use_resolvers() -> None:
    """Register the resolvers that conf/ uses; called by every process that composes."""
    OmegaConf.register_new_resolver("workers", _worker_count, replace=True)


use_resolvers()


def compose(overrides: Sequence[str] = (), *, config_dir: Path | None = None) -> DictConfig:
    """Compose the root config with `overrides`; `config_dir` adds a folder of the user's options."""
    extra = [f"hydra.searchpath=[file://{config_dir.absolute()}]"] if config_dir else []
    with (
        _hydra_set_aside(),
        hydra.initialize_config_dir(str(conf_dir()), version_base=HYDRA_VERSION_BASE),
    ):
        return hydra.compose("config", overrides=[*overrides, *extra])


def sweep_members(overrides: Sequence[str], loader: ConfigLoader | None = None) -> list[list[str]]:
    """The overrides of each member of a sweep, in the order in which Hydra runs them.

    Args:
        overrides: What the sweep is given.
        loader: Knows the options that `glob(*)` stands for; None knows those that ship.

    Raises:
        HydraException: an override cannot be read.
    """
    if loader is None:
        with (
            _hydra_set_aside(),
            hydra.initialize_config_dir(str(conf_dir()), version_base=HYDRA_VERSION_BASE),
        ):
            return sweep_members(overrides, GlobalHydra.instance().config_loader())
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
    (members,) = BasicSweeper.split_arguments(parsed, None)
    return [list(member) for member in members]


def quoted(value: str) -> str:
    """A value in the grammar of overrides."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@contextmanager
def _hydra_set_aside() -> Iterator[None]:
    """Composing inside a Hydra job or notebook leaves its global state as it was."""
    state = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = state
