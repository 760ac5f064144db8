"""Sweeps started from Python, as in a notebook: the same as `python -m anomalog_exp ... -m`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from anomalog_exp.config.arguments import flags_first
from anomalog_exp.config.compose import HYDRA_VERSION_BASE, hydra_set_aside
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.search_path import with_plugins
from anomalog_exp.launch.ending import Ending, taken_ending
from anomalog_exp.launch.job import job
from anomalog_exp.options.groups import conf_dir
from anomalog_exp.results import runs_frame

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ended_sweep", "sweep"]


def sweep(overrides: Sequence[str]) -> pl.DataFrame:
    """Run all combinations of the values that overrides list, in parallel, and print their table.

    A sweep that is called again runs only what is not done. A member that fails stops no other; the
    table names its reason.

    Args:
        overrides: As on the command line: `["model=markov,oov", "seed=0,1"]`.

    Returns:
        One row per member that came to have a run dir, as of `anomalog_exp.results.runs_frame`.

    Raises:
        ConfigError: a key, an option or a value that all members share cannot be used.
    """
    folder = ended_sweep(overrides).folder
    assert folder is not None
    return runs_frame(folder)


def ended_sweep(overrides: Sequence[str]) -> Ending:
    """Run the same sweep; how it ended.

    Raises:
        ConfigError: a key, an option or a value that all members share cannot be used.
    """
    typed = with_plugins(flags_first(overrides))
    with (
        hydra_set_aside(),
        _as_before(),
        hydra.initialize_config_dir(
            str(conf_dir()), job_name="anomalog_exp", version_base=HYDRA_VERSION_BASE
        ),
    ):
        app = GlobalHydra.instance().hydra
        assert app is not None
        try:
            app.multirun("config", job, [*typed, "hydra.mode=MULTIRUN"])
        except COMPOSING_ERRORS as error:
            raise explained(error, typed) from error
    return taken_ending()


@contextmanager
def _as_before() -> Iterator[None]:
    """The environment, where a sweep shares cores, and the config of Hydra are as before the block."""
    environment, state = dict(os.environ), HydraConfig.instance().cfg
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        HydraConfig.instance().cfg = state
