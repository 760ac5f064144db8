"""Sweepers of Hydra: ours, and what puts our sweep around whichever is chosen.

Hydra takes plugins from the package `hydra_plugins` only, and imports all of it in every application of
the environment and in every worker. So what a sweep needs is imported where a sweep starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper, BasicSweeperConf
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher

    from anomalog_exp.launch.search import Search
    from anomalog_exp.launch.sweep import Sweep

__all__ = ["GridSweeper", "OptunaSweeper", "RecordedSweeper", "RecordsSweep"]


class GridSweeper(BasicSweeper):
    """All combinations of the values of each key, as Hydra's own; composed where they run."""

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Compose nothing: it takes minutes for a thousand members.

        `Sweep.prepared` has composed those that show a key or an option for the first time.
        """


# The option hydra/sweeper=grid, which every member composes again: a file of it would take a while.
ConfigStore.instance().store(
    group="hydra/sweeper",
    name="grid",
    node=BasicSweeperConf(_target_=f"{__name__}.{GridSweeper.__name__}"),
    provider="anomalog_exp",
)


class OptunaSweeper(Sweeper):
    """A search by Optuna, see conf/hydra/sweeper/optuna.yaml; it reads its settings from the config."""

    def __init__(self, **_: Any) -> None:
        self._config: DictConfig
        self._search: Search
        self._launcher: Launcher

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Find what could go wrong before a trial runs."""
        from anomalog_exp.launch.search import Search

        self._config = config
        self._search = Search.prepared(config, hydra_context.config_loader)
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run the trials; what they came to is in the sweep's folder."""
        from anomalog_exp.launch.sweep_folder import SweepFolder

        folder = SweepFolder(Path(self._config.hydra.sweep.dir))
        OmegaConf.save(self._config, folder.path / "multirun.yaml")
        self._search.run(self._launcher, arguments, folder)


class RecordsSweep(Callback):
    """Puts `RecordedSweeper` in the place of the sweeper in the config, and keeps results small."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Hydra creates the sweeper after this."""
        with read_write(config), open_dict(config):
            config.hydra.sweeper = {
                "_target_": f"{__name__}.{RecordedSweeper.__name__}",
                "_recursive_": False,
                "chosen": config.hydra.sweeper,
            }

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        """Leave out both configs of a member: a sweep would keep 170 kB of each in its process.

        Sweepers read what a member returned and its overrides.
        """
        if config.hydra.mode == RunMode.MULTIRUN:
            job_return.cfg = job_return.hydra_cfg = None


class RecordedSweeper(Sweeper):
    """Runs another sweeper with our sweep around it: one folder, one table, one exit code.

    Args:
        chosen: The config of the other sweeper.
    """

    def __init__(self, chosen: DictConfig) -> None:
        self._chosen = chosen
        self._config: DictConfig
        self._sweep: Sweep
        self._sweeper: Sweeper

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Prepare the sweep, then the other sweeper, whose launcher reads the folder from `config`."""
        from anomalog_exp.launch.sweep import Sweep

        with read_write(config), open_dict(config):
            config.hydra.sweeper = self._chosen
        self._sweep = Sweep.prepared(config, hydra_context.config_loader)
        self._sweeper = Plugins.instance().instantiate_sweeper(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self._config = config

    def sweep(self, arguments: list[str]) -> Any:
        """Run all members; what they came to is in the sweep's folder."""
        from anomalog_exp.launch.sweep_plan import hide_secrets

        hide_secrets(self._config)  # the sweeper writes it into the sweep's folder
        with self._sweep.running() as overrides:
            return self._sweeper.sweep([*arguments, *overrides])
