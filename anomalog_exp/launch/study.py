"""The study of a search: what Optuna knows of its trials, in one file of the sweep's folder.

Only the process that holds the folder writes it. A trial that ran when that process was killed counts as
failed, and its values are the next to be tried. The sampler is seeded anew for each trial, by its place:
so an interrupted search goes on to choose what it would have chosen.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomalog_exp.config.settings import SearchConfig
from anomalog_exp.launch.search_space import SearchSpace
from anomalog_exp.options.fingerprint import stable_fingerprint

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial, Trial

__all__ = ["SearchStudy", "Told"]

Told = dict[str, Any]
"""The record that the member of a trial left."""

_RECORD = "record"


class SearchStudy:
    """A study, begun or continued.

    Args:
        path: The file.
        space: What its trials are chosen from.
        settings: How.
    """

    def __init__(self, path: Path, space: SearchSpace, settings: SearchConfig) -> None:
        import optuna
        from optuna.distributions import distribution_to_json
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        optuna.logging.set_verbosity(logging.WARNING)
        _mend(path)
        self._space, self._settings = space, settings
        self._storage: BaseStorage = JournalStorage(JournalFileBackend(str(path)))
        searched = {key: distribution_to_json(one) for key, one in space.searched.items()}
        how = settings.model_dump(mode="json", include={"sampler", "seed", "objective"})
        self._name = stable_fingerprint([searched, how])[:16]
        self._study = self._opened()
        for trial in self._study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
            if _RECORD in trial.user_attrs:
                self._end(trial.number, trial.user_attrs[_RECORD])
            else:
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
                self._study.enqueue_trial(trial.params)

    def told(self) -> list[FrozenTrial]:
        """The trials that have ended by themselves, in their order."""
        return [one for one in self._study.get_trials(deepcopy=False) if _RECORD in one.user_attrs]

    @property
    def ended(self) -> int:
        """How many these are."""
        return len(self.told())

    @property
    def has_values(self) -> bool:
        """Whether a trial has come to a value."""
        return any(one.value is not None for one in self.told())

    def ask(self, trials: int) -> list[Trial]:
        """So many further trials."""
        asked = []
        for place in range(self.ended, self.ended + trials):
            self._study.sampler = self._sampler(place)
            asked.append(self._study.ask(self._space.searched))
        return asked

    def tell(self, trial: Trial, record: Told) -> None:
        """What a trial came to: a value, nothing (`skipped`, which a sampler avoids), or a failure."""
        trial.set_user_attr(_RECORD, record)
        self._end(trial.number, record)

    def _end(self, number: int, record: Told) -> None:
        from optuna.trial import TrialState

        if record["status"] == "failed":
            self._study.tell(number, state=TrialState.FAIL)
        elif (value := self.value(record)) is None:
            self._study.tell(number, state=TrialState.PRUNED)
        else:
            self._study.tell(number, value)

    def value(self, record: Told) -> float | None:
        """The objective, where it is the figure that earlier trials have."""
        own = record.get("primary_metric")
        others = (one.user_attrs[_RECORD] for one in self.told() if one.value is not None)
        metric = next((str(other["primary_metric"]) for other in others), own)
        return record.get("primary_value") if own == metric else None

    def begin_again(self, records: Sequence[Told]) -> None:
        """Forget the trials, and begin with the same values and what they come to by now.

        Args:
            records: One for each trial that was told, in their order.
        """
        import optuna

        before = self.told()
        optuna.delete_study(study_name=self._name, storage=self._storage)
        self._study = self._opened()
        for trial, record in zip(before, records, strict=True):
            self._study.enqueue_trial(trial.params)
            self.tell(self._study.ask(self._space.searched), record)

    def importance(self) -> dict[str, float]:
        """The share of the objective's variance that each key explains, by fANOVA; {} without any."""
        if len({one.value for one in self.told() if one.value is not None}) < 2:
            return {}
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        evaluator = FanovaImportanceEvaluator(seed=self._settings.seed)
        return get_param_importances(self._study, evaluator=evaluator)

    def _opened(self) -> Study:
        import optuna

        return optuna.create_study(
            storage=self._storage,
            study_name=self._name,
            direction="maximize",
            load_if_exists=True,
        )

    def _sampler(self, place: int) -> BaseSampler:
        import numpy as np
        from optuna.samplers import RandomSampler, TPESampler

        seed = int(np.random.SeedSequence([self._settings.seed, place]).generate_state(1)[0])
        kinds = {"tpe": TPESampler, "random": RandomSampler}
        return kinds[self._settings.sampler](seed=seed)


def _mend(path: Path) -> None:
    """Take away what a process that was killed left: half a line, and its lock.

    Optuna gives a lock another name, `study.journal.lock...`, before it removes it.
    """
    if not path.is_file():
        return
    for lock in path.parent.glob(f"{path.name}.lock*"):
        lock.unlink(missing_ok=True)
    text = path.read_bytes()
    os.truncate(path, text.rfind(b"\n") + 1)
