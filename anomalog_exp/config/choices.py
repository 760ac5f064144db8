"""What Hydra breaks at without saying where: no key, groups that get no name, endless numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.names import group_names, option_names

__all__ = ["refuse_odd_values"]

_NO_NAME = re.compile(
    r"null|true|false|[+-]?(?:\d|\.\d|inf|nan)|[\[{]|.*(?:\$\{|\()", re.IGNORECASE | re.DOTALL
)
"""What may be no text to Hydra: parsing takes milliseconds, and most values are names."""

_LONGEST_KEY = 200
"""The names of files end at 255 bytes, and Hydra looks for a file of a group's name."""

_ENDLESS = re.compile(r"(?:\d_?){4300}")
"""Python reads no longer number."""


def refuse_odd_values(overrides: Sequence[str]) -> None:
    """Look through overrides as they were typed, or those of a member of a sweep.

    Raises:
        ConfigError: there is no key or an endless one, a group is given something else than an option,
            or a number has thousands of digits.
    """
    groups: set[str] | None = None
    for override in overrides:
        key, _, value = override.partition("=")
        key = key.lstrip("+~").partition("@")[0]
        if not key or len(key) > _LONGEST_KEY:
            raise ConfigError.of(
                "an override",
                override,
                problem="it has no key" if not key else "its key is too long",
                allowed=f"key=value, with a key of at most {_LONGEST_KEY} letters",
                fix="write the key in front, as in model=markov",
            )
        if _ENDLESS.search(value):
            raise ConfigError.of(
                key,
                value,
                problem="this number is too long",
                allowed="whole numbers of 64 bits: -2^63 to 2^63 - 1",
                fix="give a value that fits",
            )
        if not any(_NO_NAME.match(one.strip(" '\"")) for one in value.split(",")):
            continue
        groups = {"hydra", *group_names()} if groups is None else groups
        if (key in groups or "/" in key) and not _is_name(override):
            raise ConfigError.of(
                key,
                value,
                problem="this is no name of an option",
                allowed=", ".join(option_names(key)) or "the name of an option",
                fix=f"choose one, as in {key}=<option>, or leave it out",
            )


def _is_name(override: str) -> bool:
    """Whether an override's value is a text, or cannot be read at all."""
    try:
        parsed = OverridesParser.create().parse_override(override)
        if parsed.is_sweep_override():  # its members are looked at when they are known
            return True
        value = parsed.value()
    except HydraException:  # said where it is composed
        return True
    return isinstance(value, str) and "${" not in value
