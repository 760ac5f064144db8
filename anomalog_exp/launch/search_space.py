"""What a search chooses from: sweeps in Hydra's words as distributions of Optuna.

`a,b` and `choice(a,b)` are categories. `range(1,6)` is the numbers 1 to 5: as everywhere in Hydra, its
end is left out. `interval(0.1,0.9)` is all numbers between, and `int(interval(1,99))` the whole ones;
both hold their ends. `tag(log,...)` searches the logarithm. Of a key that is there several times the
last one counts, so that the command takes the place of a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from anomalog_exp.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["SearchSpace"]


@dataclass(frozen=True, eq=False)
class SearchSpace:
    """What all trials share, and what is chosen for each.

    Attributes:
        fixed: Overrides of every trial.
        searched: Key -> distribution.
    """

    fixed: list[str]
    searched: dict[str, BaseDistribution]

    @classmethod
    def of(cls, overrides: Sequence[str], loader: ConfigLoader) -> Self:
        """Read overrides.

        Args:
            overrides: As they were typed.
            loader: Knows the options that `glob(*)` stands for.

        Raises:
            ConfigError: nothing is to be searched, or nothing can be chosen from a key's values.
            HydraException: an override cannot be read.
        """
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
        last = {one.get_key_element(): one for one in parsed}
        searched = {key: _distribution(one) for key, one in last.items() if one.is_sweep_override()}
        if not searched:
            raise ConfigError.of(
                "hydra.sweeper.params",
                "(nothing)",
                problem="a search needs keys to choose values for",
                allowed="KEY=choice(a,b), range(1,6), interval(0.1,0.9), tag(log,interval(0.001,1))",
                fix="give a key several values, as in model.smoothing='interval(0.1,2.0)', or choose an "
                "experiment that searches, as experiment=tune/markov",
            )
        fixed = [
            f"{key}={one.get_value_element_as_str()}"
            for key, one in last.items()
            if key not in searched
        ]
        return cls(fixed, searched)

    def overrides(self, chosen: dict[str, Any]) -> list[str]:
        """The overrides of the trial for which these values were chosen."""
        return [*self.fixed, *(f"{key}={chosen[key]}" for key in self.searched)]

    def samples(self) -> list[dict[str, Any]]:
        """Values that trials could have, with each of a choice in one of them."""
        values = {key: _samples(one) for key, one in self.searched.items()}
        first = {key: some[0] for key, some in values.items()}
        return [first, *(first | {key: one} for key, some in values.items() for one in some[1:])]


def _samples(distribution: Any) -> Sequence[Any]:
    return getattr(distribution, "choices", None) or [distribution.low]


def _distribution(override: Override) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution

    key, value = override.get_key_element(), override.value()
    try:
        if isinstance(value, IntervalSweep):
            return _between(value.start, value.end, None, value.tags)
        if isinstance(value, RangeSweep):
            numbers = list(value.range())
            if not numbers:
                raise ValueError("the range is empty")
            start, step = Decimal(str(value.start)), Decimal(str(value.step))
            kind: Any = type(numbers[0])
            low, high = sorted([kind(start), kind(start + step * (len(numbers) - 1))])
            return _between(low, high, kind(abs(step)), value.tags)
        return CategoricalDistribution(list(dict.fromkeys(override.sweep_string_iterator())))
    except ValueError as error:
        raise ConfigError.of(
            key,
            override.input_line,
            problem=f"no value can be chosen from this ({str(error).rstrip('.')})",
            allowed="an interval or a range from a number to a larger one, above 0 with tag(log,...); "
            "or a choice of values",
            fix="mend the values, as in interval(0.1,0.9)",
        ) from error


def _between(low: Any, high: Any, step: Any, tags: set[str]) -> BaseDistribution:
    from optuna.distributions import FloatDistribution, IntDistribution

    log = "log" in tags
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log, step=step or 1)
    return FloatDistribution(float(low), float(high), log=log, step=step)
