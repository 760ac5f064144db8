"""Configs as plain values, for files and manifests."""

from __future__ import annotations

from typing import Any

from anomalog_exp.options.base import Options

__all__ = ["serialise_config"]


def serialise_config(config: Options) -> dict[str, Any]:
    """The config as JSON-like builtins, its keys in the order of their declaration."""
    return config.model_dump(mode="json")
