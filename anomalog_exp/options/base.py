"""The base of every typed option, and the scalar types they share.

Options are frozen, know exactly their keys, and hold no defaults: the one home of a default is the
YAML of the option, where a comment says why. The classes here name, type and bound it. Validation is
strict (no `"10"` for 10, no `yes` for a count), but for what YAML cannot spell: paths, enums, tuples,
and whole numbers, of which `1e6` is one.
"""

from __future__ import annotations

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
from pydantic_core import PydanticCustomError

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import mistakes

__all__ = [
    "AbsolutePath",
    "Count",
    "Fraction",
    "Names",
    "Options",
    "PathText",
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
            raise ConfigError("\n".join(mistakes(error, values, key))) from error

    @model_validator(mode="before")
    @classmethod
    def _keys_and_whole_numbers(cls, values: Any) -> Any:
        if isinstance(values, cls):
            return values
        keys = sorted(cls.model_fields)
        if not isinstance(values, dict):
            expected = {"keys": keys, "class": cls.__name__}
            raise PydanticCustomError("no_keys", "no keys with values", expected)
        for name in values:
            if name not in cls.model_fields:
                raise PydanticCustomError("unknown_key", "{name}", {"name": name, "keys": keys})
        return {name: _whole(value) for name, value in values.items()}


def _whole(value: Any) -> Any:
    """Whole floats as integers, in lists too; a field that takes floats turns them back."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_whole(one) for one in value] if isinstance(value, list) else value
