"""Detectors that stand inside another one: a name of one's own -> a whole model config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, SerializeAsAny

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.options.listing import option_names, option_type
from anomalog_exp.options.mistakes import did_you_mean

__all__ = ["CompoundConfig", "CompoundDetector", "Members", "all_abstain"]


def _typed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _member(f"model.members.{name}", option) for name, option in value.items()}


def _member(key: str, value: Any) -> ExperimentModelConfig:
    """The typed config of a member; a mistake in it is named by its full key."""
    if not isinstance(value, ExperimentModelConfig):
        name = value.get("name") if isinstance(value, dict) else None
        detectors = option_names("model")
        if name not in detectors:
            raise ConfigError.of(
                f"{key}.name",
                name,
                problem="there is no such detector",
                allowed=", ".join(detectors),
                fix=did_you_mean(str(name), list(detectors), f"add one, as in +model@{key}=ngram"),
            )
        value = option_type("model", name).of(value, key)
    if type(value.decision).oracle:
        raise ConfigError.of(
            f"{key}.decision",
            value.decision.name,
            problem="the threshold of a member may not see the labels of the test split",
            allowed="any rule that is no oracle",
            fix=f"choose one, as in model/decision@{key}.decision=quantile",
        )
    return value


Members = Annotated[
    dict[str, SerializeAsAny[ExperimentModelConfig]],
    BeforeValidator(_typed),
    Field(min_length=1, description="name of one's own -> a whole model config"),
]
"""The members of a detector that consists of others, under its key `members`."""


class CompoundConfig(ExperimentModelConfig):
    """Base of the configs of detectors that consist of others."""

    members: Members

    @property
    def reads_parameters(self) -> bool:
        return any(member.reads_parameters for member in self.members.values())


class CompoundDetector(Detector):
    """Base of detectors that consist of others."""

    config: CompoundConfig

    @property
    def trusted_types(self) -> tuple[str, ...]:
        members = (config.build_detector() for config in self.config.members.values())
        return tuple(name for member in members for name in member.trusted_types)

    def refuse_other_members(self, names: Sequence[str]) -> None:
        """Make sure that what was learned is of the members that the config has.

        Raises:
            DataError: it is not.
        """
        members = self.config.members
        if sorted(names) != sorted(members):
            raise DataError.of(
                "members",
                ", ".join(names),
                problem="this is not what such a detector learns",
                allowed=f"the members {', '.join(members)}",
                fix="fit the detector again and save it",
            )


def all_abstain(members: Sequence[NDArray[np.bool_] | None]) -> NDArray[np.bool_] | None:
    """(units,) where every member gives no answer; None where one always gives one, or there is none."""
    abstaining = [one for one in members if one is not None]
    if not abstaining or len(abstaining) < len(members):
        return None
    found: NDArray[np.bool_] = np.all(abstaining, axis=0)
    return found
