"""What the values of an option's keys may be, and what its `Config` class says of them, in words."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from anomalog_exp.config import RunConfig
from anomalog_exp.options.base import Options
from anomalog_exp.options.groups import OPEN_GROUPS, module_in

__all__ = ["Described", "class_of", "described"]

Schema = dict[str, Any]

_BOUNDS = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "array": "list",
    "object": "mapping",
    "boolean": "`true`, `false`",
    "null": "`null`",
}


class Described(NamedTuple):
    """What a class says of a key: the values that fit, and what the key is."""

    values: str
    description: str


def class_of(group: str, name: str) -> type[Options]:
    """The class of an option, by the `name:` in its YAML; of the whole run for the group ''."""
    if group in OPEN_GROUPS:
        found: type[Options] = importlib.import_module(module_in(OPEN_GROUPS[group], name)).Config
        return found
    option: type[Options] = RunConfig
    for part in group.split("/") if group else []:
        if part == "model":  # any detector has the groups inside it
            from anomalog_exp.models import ExperimentModelConfig

            option = ExperimentModelConfig
            continue
        choices = list(_classes(option.model_fields[part].annotation))
        named = [one for one in choices if _is_named(one, name)]
        (option,) = named if len(choices) > 1 else choices
    return option


def described(option: type[Options]) -> dict[str, Described]:
    """What a class says of its keys, those of options inside dotted."""
    schema = option.model_json_schema()
    return dict(_properties(schema, schema.get("$defs", {}), ""))


def _classes(annotation: Any) -> Iterator[type[Options]]:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        yield annotation
    for inner in get_args(annotation):
        yield from _classes(inner)


def _is_named(option: type[Options], name: str) -> bool:
    field = option.model_fields.get("name")
    return field is not None and name in get_args(field.annotation)


def _properties(schema: Schema, shared: Schema, prefix: str) -> Iterator[tuple[str, Described]]:
    for key, about in schema.get("properties", {}).items():
        schemas = list(_alternatives(about, shared))
        values = dict.fromkeys(_value(one, about) for one in schemas)
        yield prefix + key, Described(" or ".join(values), about.get("description", ""))
        for one in schemas:
            yield from _properties(one, shared, f"{prefix}{key}.")


def _alternatives(about: Schema, shared: Schema) -> Iterator[Schema]:
    """The schemas that a value may have, references followed."""
    if "$ref" in about:
        yield shared[about["$ref"].rpartition("/")[2]]
    elif "anyOf" in about:
        for one in about["anyOf"]:
            yield from _alternatives(one, shared)
    else:
        yield about


def _value(one: Schema, about: Schema) -> str:
    if "enum" in one or "const" in one:
        return ", ".join(f"`{value}`" for value in one.get("enum", [one.get("const")]))
    kind = _KINDS.get(one.get("type", "object"), "")
    bounds = about | one
    limits = [f"{sign} {bounds[name]:,}" for name, sign in _BOUNDS.items() if name in bounds]
    return f"{kind} {', '.join(limits)}".strip() if kind.endswith("number") else kind
