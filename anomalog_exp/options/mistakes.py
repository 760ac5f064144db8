"""What is wrong with the values of an option, in the four parts that every message has.

Pydantic's own sentences speak of its types ("Input should be a valid dictionary or instance of ..."), so
each kind of mistake that a user can make has a sentence here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from anomalog_exp.errors import ConfigError, MissingExtra
from anomalog_exp.options.names import option_names

__all__ = ["did_you_mean", "mistakes_in", "nearest", "no_option"]

_CANDIDATES, _SAME_BEGIN, _OTHER_BEGIN = 5, 0.6, 0.7

_ALLOWED = {
    "bool_type": "true or false",
    "dict_type": "keys with values, as in {{a: 1}}",
    "enum": "{expected}",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "literal_error": "{expected}",
    "model_attributes_type": "keys with values, as in {{name: ...}}",
    "path_type": "a path",
    "string_pattern_mismatch": "a text that matches the pattern {pattern}",
    "string_too_short": "a text of {min_length} or more characters",
    "string_type": "a text",
    "too_long": "a list of {max_length} values at most",
    "too_short": "a list of {min_length} or more values",
    "tuple_type": "a list, as in [1,2]",
}
"""Kind of mistake, as pydantic names it -> what would fit."""

_NO_KEYS = ("no_keys", "model_attributes_type")
"""The value is no mapping, as an option is."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of some names that a name was probably meant to be; None where none is near.

    Of names with dots or slashes the last parts must be near, too: all keys of an option begin alike.
    """
    near = difflib.get_close_matches(name, list(names), n=_CANDIDATES, cutoff=0.6)
    return next((one for one in near if _alike(_last_part(name), _last_part(one))), None)


def _alike(typed: str, meant: str) -> bool:
    """Whether a word may be a slip of another: short ones soon share some letters, as foo and oov."""
    share = difflib.SequenceMatcher(None, meant, typed).ratio()
    return share >= (_SAME_BEGIN if typed[:1] == meant[:1] else _OTHER_BEGIN)


def _last_part(name: str) -> str:
    return re.split(r"[./]", name)[-1]


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """The nearest name as a question, or another advice where none is near."""
    near = nearest(name, names)
    return f"did you mean {near!r}?" if near else otherwise


def mistakes_in(error: ValidationError, values: Mapping[str, Any], key: str) -> ConfigError:
    """A four-part message for each value that pydantic refuses, in one error.

    It is a `MissingExtra` where nothing else is wrong.

    Args:
        error: What pydantic raised.
        values: What was validated.
        key: Where the option stands in the whole config; empty for the whole.
    """
    found = [_mistake(detail, _key(detail["loc"], values, key)) for detail in error.errors()]
    lacking = all(isinstance(one, MissingExtra) for one in found)
    return (MissingExtra if lacking else ConfigError)("\n".join(map(str, found)))


def no_option(key: str, value: object) -> ConfigError:
    """A value that stands where an option of a group belongs: `model.decision=quantile`.

    Args:
        key: Of the option; its group is the same with slashes.
        value: What stands there instead of an option's keys and values.
    """
    group = key.replace(".", "/")
    names = option_names(group)
    fix = f"choose one, as in {group}=<option>"
    if value in names:
        fix = f"write {group}={value}"
    elif near := nearest(str(value), names):
        fix = f"did you mean {group}={near}?"
    return ConfigError.of(
        key,
        value,
        problem="the option is chosen with a slash" if "." in key else "this is no option",
        allowed=", ".join(names),
        fix=fix,
    )


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
            # A list that is too short lacks what the location names.
            values = values[part] if part < len(values) else None
    return ".".join(parts)


def _mistake(detail: ErrorDetails, key: str) -> ConfigError:
    """One pydantic error in the four parts of a ConfigError."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, ConfigError):
        return inner
    if kind == "unknown_key":
        name, keys = context["name"], context["keys"]
        return ConfigError.of(
            f"{key}.{name}" if key else str(name),
            value[name],
            problem="there is no such key",
            allowed=", ".join(keys),
            fix=did_you_mean(str(name), keys, "remove it"),
        )
    if kind == "unusable":
        return ConfigError.of(
            f"{key}.{context['name']}" if key else str(context["name"]),
            context["value"],
            problem="this value does not fit",
            allowed=context["allowed"],
            fix="give a value that fits",
        )
    if kind == "missing" or value == "???":  # YAML's way to ask for a value
        return ConfigError.of(
            key,
            "(nothing)",
            problem="a value is needed",
            allowed="see the comment at this key in the option's YAML under conf/",
            fix=f"add {key}=... to the command, or the key to the YAML",
        )
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        group = key.replace(".", "/")
        tags = str(context.get("expected_tags", "")).replace("'", "")
        return ConfigError.of(
            f"{key}.name",
            context.get("tag", "(nothing)"),
            problem="there is no such option" if tags else "a value is needed",
            allowed=tags or ", ".join(option_names(group)) or "the name of an option",
            fix=f"choose one of them, as in {group}=<option>",
        )
    if isinstance(value, BaseModel):
        return ConfigError.of(
            f"{key}.name",
            f"{type(value).__module__}.{type(value).__name__}",
            problem="this class is no option of this group",
            allowed=f"a subclass of {context['class']}",
            fix="let the module's Config class inherit from it",
        )
    if kind in _NO_KEYS and option_names(key.replace(".", "/")):
        return no_option(key, value)
    return ConfigError.of(
        key or "config",
        value,
        problem="this value does not fit",
        allowed=_allowed(kind, detail["msg"], context),
        fix="give a value that fits; the comment at this key under conf/ says what it means",
    )


def _allowed(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """What would have fitted, in a few words."""
    if kind == "no_keys":
        return f"keys with values: {', '.join(context['keys'])}"
    if kind in _ALLOWED:
        return _ALLOWED[kind].format_map(context)
    # Bounds of numbers read well as they are, and errors of our own validators are sentences.
    return message.removeprefix("Value error, ").replace("Input should be", "a number")
