"""The base of every typed option, the scalar types they share, and how a mistake is told.

Options are frozen, know exactly their keys, and hold no defaults: the one home of a default is the
YAML of the option, where a comment says why. The classes here name, type and bound it. Validation is
strict (no `"10"` for 10, no `yes` for a count), but for what YAML cannot spell: paths, enums, tuples.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from anomalog_exp.errors import ConfigError

__all__ = [
    "AbsolutePath",
    "Count",
    "Fraction",
    "Names",
    "Options",
    "PathText",
    "did_you_mean",
]

Count = Annotated[int, Field(ge=1)]
"""A whole number of things, at least one."""

Fraction = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)]
"""A share in (0, 1]."""

PathText = Annotated[Path, Field(strict=False)]
"""A path given as text; relative paths are resolved by whoever opens them."""

Names = Annotated[tuple[str, ...], Field(strict=False)]
"""A list of names."""


def _is_local(path: Any) -> Any:
    """An empty text is the current folder to `Path`, and the root of the disk in front of a slash."""
    if isinstance(path, str) and (not path.strip() or "://" in path):
        raise ValueError("a path on this machine, not empty and no URL")
    return path


AbsolutePath = Annotated[
    Path,
    Field(strict=False),
    BeforeValidator(_is_local),
    AfterValidator(lambda path: path.expanduser().absolute()),
]
"""A path that is made absolute at the door: workers may stand in another directory."""


class Options(BaseModel):
    """Base of all config classes: frozen, strict, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages of an extra that the option cannot work without."""

    @classmethod
    def of(cls, values: dict[str, Any], key: str = "") -> Self:
        """Validate plain values as they come out of YAML.

        Args:
            values: The option's keys and values.
            key: Where the option stands in the whole config, for messages: `model`.

        Raises:
            ConfigError: a key is missing, unknown, mistyped or out of bounds; all of them are named.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            told = [_told(detail, _key(detail["loc"], values, key)) for detail in error.errors()]
            raise ConfigError("\n".join(told)) from error

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in values:
                if name not in cls.model_fields:
                    known = sorted(cls.model_fields)
                    raise PydanticCustomError(
                        "unknown_key", "{name}", {"name": name, "known": known}
                    )
        return values


def did_you_mean(name: str, known: list[str], otherwise: str) -> str:
    """The nearest of the known names as a question, or another advice where none is near."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else otherwise


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


def _told(detail: ErrorDetails, key: str) -> str:
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
