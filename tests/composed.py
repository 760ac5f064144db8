"""Configs that many tests ask for: each process of the tests composes one once."""

from __future__ import annotations

from functools import cache

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig


@cache
def composed(*overrides: str) -> RunConfig:
    """The config of these overrides, which nobody can change."""
    return load_run_config(overrides)
