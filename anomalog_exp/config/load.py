"""From overrides to a RunConfig: what Hydra composes becomes typed objects once.

`load_run_config` gives code, tests and notebooks exactly what the command line gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from anomalog_exp.config.compose import compose
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.found_sessions import with_found_sessions
from anomalog_exp.config.named_parsers import with_named_parsers
from anomalog_exp.config.recognised import with_recognised_parser
from anomalog_exp.config.run_config import RunConfig

__all__ = ["load_run_config", "run_config"]


def load_run_config(overrides: Sequence[str] = (), *, config_dir: Path | None = None) -> RunConfig:
    """Compose and validate the config of one run.

    Raises:
        ConfigError: an option or key does not exist, or a value does not fit.
    """
    try:
        return run_config(compose(overrides, config_dir=config_dir))
    except COMPOSING_ERRORS as error:
        raise explained(error, overrides) from error


def run_config(composed: DictConfig) -> RunConfig:
    """The typed config of what Hydra composed.

    Raises:
        ConfigError: a value does not fit.
    """
    ours = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    try:
        plain: Any = OmegaConf.to_container(ours, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explained(error, ()) from error
    return RunConfig.of(with_found_sessions(with_named_parsers(with_recognised_parser(plain))))
