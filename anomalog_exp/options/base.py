"""The base of every typed option, and the scalar types they share.

Options are frozen, know exactly their keys, and hold no defaults: the one home of a default is the
YAML of the option, where a comment says why. The classes here name, type and bound it. Validation is
strict (no `"10"` for 10, no `yes` for a count), but for what YAML cannot spell: paths, enums, tuples,
and whole numbers, of which `1e6` is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from anomalog_exp.options.mistakes import mistakes_in

__all__ = [
    "AbsolutePath",
    "Count",
    "FolderName",
    "Fraction",
    "Names",
    "Options",
    "PathText",
    "PathTexts",
]

_TOO_LARGE = 2**63
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_FOLDER_NAME = re.compile(r"\w(?:[\w. -]*[\w.-])?")
_MAX_NAME_BYTES = 200
"""A file system takes 255: room for a digest, and for a lock's dot and ending."""

Count = Annotated[int, Field(ge=1)]
"""A whole number of things, at least one."""

Fraction = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False)]
"""A share in (0, 1]."""

Names = Annotated[tuple[str, ...], Field(strict=False)]
"""A list of names."""


def _is_local(path: Any) -> Any:
    """An empty text is the current folder to `Path`, and the root of the disk in front of a slash."""
    if isinstance(path, str) and (not path.strip() or "://" in path):
        raise ValueError("a path on this machine, not empty and no URL")
    return path


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("a path below ~, or below the home of a user that exists") from error


PathText = Annotated[Path, Field(strict=False), BeforeValidator(_is_local)]
"""A path given as text; relative paths are resolved by whoever opens them."""


def _are_local(value: Any) -> Any:
    """One path or a tuple of them; a union of the two would name its branches in messages."""
    if isinstance(value, list | tuple) and value:
        return tuple(Path(_is_local(one)) for one in map(_path_like, value))
    return Path(_is_local(_path_like(value)))


def _path_like(value: Any) -> str | Path:
    if isinstance(value, str | Path):
        return value
    raise ValueError("a path, or a list of paths: [a.log, b.log]")


PathTexts = Annotated[Path | tuple[Path, ...], BeforeValidator(_are_local)]
"""A path given as text, or a list of one or more."""


AbsolutePath = Annotated[
    Path,
    Field(strict=False),
    BeforeValidator(_is_local),
    AfterValidator(lambda path: _at_home(path).absolute()),
]
"""A path that is made absolute at the door: workers may stand in another directory."""


def _is_folder_name(name: str) -> str:
    if not _FOLDER_NAME.fullmatch(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise ValueError(
            "a folder's name: letters, digits, _ . - and spaces inside, the first a letter, digit or _, "
            f"{_MAX_NAME_BYTES} bytes at most"
        )
    return name


FolderName = Annotated[str, AfterValidator(_is_folder_name)]
"""A name that becomes that of a folder: it leads to no other place, and no hidden one."""


class Options(BaseModel):
    """Base of all config classes: frozen, strict, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages of an extra that the option cannot work without."""

    added_since: ClassVar[dict[str, Any]] = {}
    """Keys that came later, and the value of each that changes nothing.

    A config from before lacks them and has that value; a config with that value is written without them,
    so that its fingerprint is what it was.
    """

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
            raise mistakes_in(error, values, key) from error

    @model_validator(mode="before")
    @classmethod
    def _keys_and_whole_numbers(cls, values: Any) -> Any:
        if isinstance(values, cls):
            return values
        keys = sorted(cls.model_fields)
        if isinstance(values, dict):
            values = cls.added_since | values
        else:
            expected = {"keys": keys, "class": cls.__name__}
            raise PydanticCustomError("no_keys", "no keys with values", expected)
        for name in values:
            if name not in cls.model_fields:
                raise PydanticCustomError("unknown_key", "{name}", {"name": name, "keys": keys})
        for name, value, allowed in _unusable(values, ""):
            expected = {"name": name, "value": value, "allowed": allowed}
            raise PydanticCustomError("unusable", "{allowed}", expected)
        return {name: _whole(value) for name, value in values.items()}

    @model_serializer(mode="wrap")
    def _without_what_changes_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = dump(self)
        for name, value in self.added_since.items():
            if getattr(self, name) == value:
                dumped.pop(name, None)
        return dumped


def _whole(value: Any) -> Any:
    """Whole floats as integers, in lists too; a field that takes floats turns them back."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _TOO_LARGE:
        return int(value)
    return [_whole(one) for one in value] if isinstance(value, list) else value


def _unusable(value: Any, key: str) -> Iterator[tuple[str, str, str]]:
    """Values that no array, file or name of a file can hold: their keys, themselves, what would fit."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _unusable(name, key)
            yield from _unusable(one, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _unusable(one, key)
    elif isinstance(value, int) and not -_TOO_LARGE <= value < _TOO_LARGE:
        shown = f"a number of {value.bit_length()} bits" if abs(value) >> 1000 else str(value)
        yield key, shown, "whole numbers of 64 bits: -2^63 to 2^63 - 1"
    elif isinstance(value, str) and _NO_TEXT.search(value):
        yield key, repr(value), "text in UTF-8, without the character of code 0"
