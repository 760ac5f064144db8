"""A search by Optuna among the members of a sweep: `hydra/sweeper=optuna`.

Trials are judged by the validation part, never by the test part, whose figures are only recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from hydra.core.config_loader import ConfigLoader
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from anomalog_exp.config.load import run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.settings import SearchConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.files import write_json
from anomalog_exp.launch.member import OBJECTIVE_KEY
from anomalog_exp.launch.search_space import SearchSpace
from anomalog_exp.launch.study import SearchStudy, Told
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.launch.sweep_plan import check_composes, typed_overrides
from anomalog_exp.launch.workers import members_at_once
from anomalog_exp.options.extras import extra_named
from anomalog_exp.results.sweep_dir import STUDY

__all__ = ["Search"]

_LOG = logging.getLogger(__name__)
_JOURNAL: Final = "study.journal"


@dataclass(frozen=True, eq=False)
class Search:
    """A search, in the process that starts it.

    Attributes:
        settings: Those of the sweeper.
        at_once: How many trials run at once.
        loader: Composes trials.
        params: What the sweeper's config searches.
    """

    settings: SearchConfig
    at_once: int
    loader: ConfigLoader
    params: list[str]

    @classmethod
    def prepared(cls, config: DictConfig, loader: ConfigLoader) -> Self:
        """Find every mistake that can be found before a trial runs.

        Raises:
            ConfigError: Optuna is missing, a setting does not fit, nothing is searched, or a trial could
                not be judged.
            HydraException: an override cannot be read.
        """
        with extra_named("hydra/sweeper", "optuna"):
            import optuna  # noqa: F401 - asked for before anything is written
        given: Any = OmegaConf.to_container(config.hydra.sweeper, resolve=True)
        params = given.pop("params") or {}
        del given["_target_"]
        settings = SearchConfig.of(given, key="hydra.sweeper")
        typed = [one for one in typed_overrides(config) if not one.startswith("hydra")]
        space = SearchSpace.of(typed, loader)
        plan = [space.overrides(values) for values in space.samples()]
        check_composes(config, plan, loader)
        _refuse_no_validation(run_config(loader.load_sweep_config(config, plan[0])))
        at_once = settings.n_jobs or members_at_once(config.hydra.launcher, settings.n_trials)
        return cls(settings, at_once, loader, [f"{key}={value}" for key, value in params.items()])

    def run(self, launcher: Launcher, arguments: Sequence[str], folder: SweepFolder) -> None:
        """Run the trials that are not done yet, and leave `study.json` in the sweep's folder.

        Args:
            launcher: Runs them.
            arguments: What was typed, and what a sweep gives its members.
            folder: Where members leave their records.

        Raises:
            ConfigError: the validation part does not have the figure that is asked for.
        """
        space = SearchSpace.of([*self.params, *arguments], self.loader)
        study = SearchStudy(folder.path / _JOURNAL, space, self.settings)
        members = _Members(launcher, space, folder, f"{OBJECTIVE_KEY}={self.settings.objective}")
        try:
            self._show_again(study, members)
            while not folder.is_to_stop() and (left := self.settings.n_trials - study.ended) > 0:
                # A search that goes on fills up the batch that it was in.
                trials = study.ask(min(left, self.at_once - study.ended % self.at_once))
                records = members.run([trial.params for trial in trials])
                self._refuse_no_figure(study, records)
                if not folder.is_to_stop():
                    for trial, record in zip(trials, records, strict=True):
                        study.tell(trial, record)
        finally:
            write_json(folder.path / STUDY, {"importance": study.importance()})

    def _show_again(self, study: SearchStudy, members: _Members) -> None:
        """Run the trials that are done already: their runs are reused, if they are still right."""
        told = study.told()
        records = members.run([trial.params for trial in told])
        values = [study.value(record) for record in records]
        if not members.folder.is_to_stop() and values != [trial.value for trial in told]:
            _LOG.warning(
                "the data, the code or the results have changed since this search began: its %d trials "
                "count as they are now",
                len(told),
            )
            study.begin_again(records)

    def _refuse_no_figure(self, study: SearchStudy, records: Sequence[Told]) -> None:
        done = [record for record in records if record["status"] == "done"]
        some = any(record["primary_value"] is not None for record in done)
        if some or not done or study.has_values:
            return
        raise ConfigError.of(
            "hydra.sweeper.objective",
            str(self.settings.objective),
            problem="the validation part does not have this figure",
            allowed="consistency or auto, which need no labels; the others need labels of both kinds "
            "in the validation part",
            fix="hydra.sweeper.objective=auto, or a larger split.validation_fraction",
        )


class _Members:
    """The members of a search, numbered as they run.

    Args:
        launcher: Runs them.
        space: Makes overrides of what is chosen.
        folder: Where they leave their records.
        objective: The override that asks for the figure.
    """

    def __init__(
        self, launcher: Launcher, space: SearchSpace, folder: SweepFolder, objective: str
    ) -> None:
        self.folder, self._launcher, self._space = folder, launcher, space
        self._objective = objective
        self._begun = 0

    def run(self, chosen: Sequence[dict[str, Any]]) -> list[Told]:
        """Run a batch; what each member left."""
        if not chosen:
            return []
        batch = [[*self._space.overrides(values), self._objective] for values in chosen]
        first, self._begun = self._begun, self._begun + len(batch)
        self._launcher.launch(batch, initial_job_idx=first)
        return [self.folder.record(index) for index in range(first, self._begun)]


def _refuse_no_validation(config: RunConfig) -> None:
    if config.model.decision is not None and type(config.model.decision).oracle:
        raise ConfigError.of(
            "model/decision",
            config.model.decision.name,
            problem="this rule sees the labels of the test part, and so would the search",
            allowed="any other decision rule",
            fix="model/decision=quantile",
        )
    if not getattr(config.split, "validation_fraction", 0):
        raise ConfigError.of(
            "split.validation_fraction",
            getattr(config.split, "validation_fraction", f"(split={config.split.name} has none)"),
            problem="a search judges its trials by a validation part, and there is none",
            allowed="a share above 0 and below 1, with a split that holds a part back from training",
            fix="split.validation_fraction=0.2",
        )
