"""Nested values under dotted keys, as the command line writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anomalog_exp.secrets import without_secrets

__all__ = ["flat"]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Each value by its dotted key; a list is one value, and secrets of addresses are hidden.

    Examples:
        >>> flat({"model": {"name": "markov", "order": 2}, "seed": 0})
        {'model.name': 'markov', 'model.order': 2, 'seed': 0}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = without_secrets(value) if isinstance(value, str) else value
    return found
