"""What is wrong with the values of an option, in the four parts that every message has."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from anomalog_exp.errors import ConfigError

__all__ = ["did_you_mean", "mistakes"]


def did_you_mean(name: str, known: list[str], otherwise: str) -> str:
    """The nearest of the known names as a question, or another advice where none is near."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else otherwise


def mistakes(error: ValidationError, values: Mapping[str, Any], key: str) -> list[str]:
    """One four-part message for each value that pydantic refuses.

    Args:
        error: What pydantic raised.
        values: The values that it was given.
        key: Where the option stands in the whole config; empty for the whole.
    """
    return [_mistake(detail, _key(detail["loc"], values, key)) for detail in error.errors()]


def _key(location: tuple[int | str, ...], values: Any, prefix: str) -> str:
    """The dotted config key of an error's location, without the tags of discriminated unions."""
    parts = [prefix] if prefix else []
    for place, part in enumerate(location):
        # A tag stands between an option and its key, and may read like a key of the option.
        tagged = isinstance(values, dict) and part == values.get("name")
        if tagged and (part not in values or place + 1 < len(location)):
            continue
        parts.append(str(part))
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part]
    return ".".join(parts)


def _mistake(detail: ErrorDetails, key: str) -> str:
    """One pydantic error in the four parts of a ConfigError."""
    context = detail.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, ConfigError):
        return str(inner)
    if detail["type"] == "unknown_key":
        name, known = context["name"], context["known"]
        return str(
            ConfigError.of(
                f"{key}.{name}" if key else name,
                detail["input"][name],
                problem="there is no such key",
                allowed=", ".join(known),
                fix=did_you_mean(name, known, "remove it"),
            )
        )
    if detail["type"] == "missing":
        return str(
            ConfigError.of(
                key,
                "(nothing)",
                problem="a value is needed",
                allowed="see the comment at this key in the option's YAML under conf/",
                fix=f"add {key}=... to the command, or the key to the YAML",
            )
        )
    if detail["type"] == "union_tag_invalid":
        return str(
            ConfigError.of(
                f"{key}.name",
                context["tag"],
                problem="there is no such option",
                allowed=str(context["expected_tags"]).replace("'", ""),
                fix=f"choose one of them, as in {key}=<option>",
            )
        )
    return str(
        ConfigError.of(
            key or "config",
            detail["input"],
            problem="this value does not fit",
            allowed=detail["msg"].removeprefix("Value error, ").removeprefix("Input should be "),
            fix="give a value that fits; the comment at this key under conf/ says what it means",
        )
    )
