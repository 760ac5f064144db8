"""From overrides to plain YAML, as Hydra composes it on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep
from omegaconf import DictConfig, OmegaConf

from anomalog_exp.config.parsed_once import parse_once
from anomalog_exp.config.search_path import quoted, with_plugins
from anomalog_exp.config.words import command_files
from anomalog_exp.options.groups import conf_dir
from anomalog_exp.secrets import without_secrets

__all__ = [
    "HYDRA_VERSION_BASE",
    "as_typed",
    "compose",
    "hydra_set_aside",
    "missing_keys",
    "quoted",
    "sweep_members",
    "swept_keys",
    "without_intervals",
]

HYDRA_VERSION_BASE = "1.3"


def _first(*values: object) -> object:
    """The first value that is not null."""
    return next((value for value in values if value is not None), None)


# What --help lists, and what conf/ asks for; registered by every process that composes.
OmegaConf.register_new_resolver("commands", lambda: ", ".join(command_files()), replace=True)
OmegaConf.register_new_resolver("first", _first, replace=True)


def compose(
    overrides: Sequence[str] = (), *, config_dir: Path | None = None, with_hydra: bool = False
) -> DictConfig:
    """Compose the root config with `overrides`.

    Args:
        overrides: As on the command line.
        config_dir: A folder of the user's options, which is added.
        with_hydra: Hydra's own keys come with it.
    """
    named = with_plugins(overrides)
    extra = [f"hydra.searchpath=[file://{config_dir.absolute()}]"] if config_dir else []
    with (
        hydra_set_aside(),
        hydra.initialize_config_dir(str(conf_dir()), version_base=HYDRA_VERSION_BASE),
    ):
        parse_once(GlobalHydra.instance().config_loader())
        return hydra.compose("config", overrides=[*named, *extra], return_hydra_config=with_hydra)


def as_typed(overrides: Any) -> list[str]:
    """Overrides for the record: `${oc.env:TOKEN}` as it was typed, addresses without their secrets.

    Args:
        overrides: OmegaConf's list of them.
    """
    texts: Any = OmegaConf.to_container(overrides, resolve=False)
    return [without_secrets(str(text)) for text in texts]


def missing_keys(composed: DictConfig) -> list[str]:
    """Keys of a run that need a value and have no default, themselves or where they point to."""
    plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=False)
    return sorted(_missing(plain, ""))


def _missing(value: object, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _missing(inner, f"{key}.{name}" if key else str(name))
    elif value == "???":
        yield key


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
            hydra_set_aside(),
            hydra.initialize_config_dir(str(conf_dir()), version_base=HYDRA_VERSION_BASE),
        ):
            return sweep_members(overrides, GlobalHydra.instance().config_loader())
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
    (members,) = BasicSweeper.split_arguments(parsed, None)
    return [list(member) for member in members]


def without_intervals(overrides: Sequence[str]) -> list[str]:
    """The same overrides with the lower end of each interval in its place, as a search might choose it.

    Raises:
        HydraException: an override cannot be read.
    """
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    ends = [(text, one.value()) for text, one in zip(overrides, parsed, strict=True)]
    return [
        f"{text.partition('=')[0]}={value.start}" if isinstance(value, IntervalSweep) else text
        for text, value in ends
    ]


def swept_keys(overrides: Sequence[str]) -> list[str]:
    """The keys that a sweep over these overrides varies, in their order.

    Raises:
        HydraException: an override cannot be read.
    """
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return list(dict.fromkeys(one.key_or_group for one in parsed if one.is_sweep_override()))


@contextmanager
def hydra_set_aside() -> Iterator[None]:
    """Composing inside a Hydra job or notebook leaves its global state as it was."""
    state = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = state
