"""A run or a sweep as `hydra.main` starts it, composed once where `hydra.main` composes twice.

It composes everything to learn `hydra.mode`, and then again to run, which is a tenth of a short run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig

from anomalog_exp.config.compose import HYDRA_VERSION_BASE
from anomalog_exp.config.explain import COMPOSING_ERRORS
from anomalog_exp.config.parsed_once import parse_once
from anomalog_exp.launch.job import job
from anomalog_exp.options.groups import conf_dir

__all__ = ["start"]

_CONFIG = "config"
_SWEEP_FLAGS = ("-m", "--multirun")


def start(arguments: Sequence[str]) -> None:
    """Run or sweep, or do what a flag of Hydra asks for.

    Args:
        arguments: Of the command line, flags first.

    Raises:
        HydraException: the config cannot be composed.
    """
    first = arguments[0] if arguments else ""
    flags = [one for one in arguments if one.startswith("-")]
    sweeps = first in _SWEEP_FLAGS and len(flags) == 1 and not _say_the_mode(arguments)
    if (sweeps or not flags) and _started(arguments[len(flags) :], sweeps):
        return
    sys.argv = ["anomalog_exp", *arguments]
    hydra.main(version_base=HYDRA_VERSION_BASE, config_path=str(conf_dir()), config_name=_CONFIG)(
        job
    )()


def _say_the_mode(overrides: Sequence[str]) -> bool:
    return any(one.lstrip("+~").startswith("hydra.mode") for one in overrides)


def _started(overrides: Sequence[str], sweeps: bool) -> bool:
    """Whether overrides are a sweep or a run that could be composed as one, which has ended."""
    with hydra.initialize_config_dir(
        str(conf_dir()), job_name="anomalog_exp", version_base=HYDRA_VERSION_BASE
    ):
        app = GlobalHydra.instance().hydra
        assert app is not None
        loader = app.config_loader
        parse_once(loader)
        if sweeps:
            app.multirun(_CONFIG, job, [*overrides, "hydra.mode=MULTIRUN"])
            return True
        app.config_loader = _Once(loader.get_search_path())
        parse_once(app.config_loader)
        try:
            mode = app.compose_config(_CONFIG, list(overrides), RunMode.RUN).hydra.mode
        except COMPOSING_ERRORS:
            return False  # an experiment may be a sweep of these values
        if mode == RunMode.MULTIRUN:
            app.config_loader = loader
            app.multirun(_CONFIG, job, list(overrides))
        else:
            app.run(_CONFIG, job, list(overrides))
        return True


class _Once(ConfigLoaderImpl):
    """Gives what it has composed for a run when it is asked again."""

    _composed: DictConfig | None = None

    def load_configuration(self, *asked: Any, **how: Any) -> DictConfig:
        if self._composed is None:
            self._composed = super().load_configuration(*asked, **how)
        return self._composed
