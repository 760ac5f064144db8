"""Reports as JSON: builtins only, floats rounded, so that equal results give equal bytes.

This is the one place that rounds. What is computed or compared before it keeps every digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["as_json"]

_DIGITS = 8


def as_json(value: Any) -> Any:
    """Dataclasses become objects without the fields that are at their default."""
    if is_dataclass(value):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: as_json(child) for field, child in pairs if child != field.default}
    if isinstance(value, Mapping):
        return {str(key): as_json(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(child) for child in value]
    if isinstance(value, float):
        return round(float(value), _DIGITS)
    return str(value) if isinstance(value, str) else value
