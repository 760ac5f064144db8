"""Another value for every field of an option, from its schema: nothing that decides may be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from anomalog_exp.options.base import Options

AnyOptions = TypeVar("AnyOptions", bound=Options)


def flips(options: AnyOptions) -> Iterator[tuple[str, AnyOptions]]:
    """Copies of an option, each with one field changed, and the field's dotted name.

    Fields of an option within are flipped one by one, and those of the first in a list of options. A
    copy is typed as the schema says, and need not make sense. A field that can hold one value only (the
    name of an option) has no copy.
    """
    for name, field in type(options).model_fields.items():
        for inner, other in _others(getattr(options, name), field.rebuild_annotation()):
            yield f"{name}{inner}", options.model_copy(update={name: other})


def _others(value: Any, kind: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Options):
        yield from ((f".{inner}", other) for inner, other in flips(value))
        return
    if isinstance(value, tuple) and value and isinstance(value[0], Options):
        for inner, other in flips(value[0]):
            yield f".{inner}", (other, *value[1:])
    if (other := _another(value, kind)) != value:
        yield "", other


def _another(value: Any, kind: Any) -> Any:
    """A value of a type that is not `value`, if it has any."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _another(value, arguments[0])
    if origin in (Union, UnionType):
        return _another(value, next(one for one in arguments if one is not NoneType))
    if origin is Literal:
        return next((one for one in arguments if one != value), value)
    if origin is tuple and arguments[-1] is Ellipsis:
        return (*(value or ()), _another(None, arguments[0]))
    if origin is tuple:
        old = value or [None] * len(arguments)
        return tuple(_another(one, inner) for one, inner in zip(old, arguments, strict=True))
    if issubclass(kind, Options):
        fields = kind.model_fields.items()
        return kind.model_construct(
            **{name: _another(None, field.rebuild_annotation()) for name, field in fields}
        )
    if issubclass(kind, Enum):
        return next(one for one in kind if one != value)
    if issubclass(kind, Path):
        return (value or Path()) / "other"
    changed: dict[type, Callable[[Any], Any]] = {
        bool: lambda value: not value,
        int: lambda value: (value or 0) + 1,
        float: lambda value: (value or 0) + 0.5,
        str: lambda value: f"{value} other",
    }
    return changed[kind](value)
