"""Masking: what varies in a message becomes `<*>` before templates are mined.

One general set of masks serves every system. It has two stages, because a log has millions of messages
and few shapes. `fast` is one cheap expression on every line: it turns each run that starts with a
digit into `0`. `finish` is everything else, on the distinct results of `fast` only, where it costs
nothing. The masked message depends on the message alone. The user's own masks (`extra_masks`) come
before both, on the raw message, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from anomalog_exp.options.base import Options
from anomalog_exp.options.patterns import usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["WILDCARD", "MaskConfig", "Masker", "Masking"]

WILDCARD = "<*>"
"""What stands for a varying part in masked messages and templates."""

Masking = Literal["general", "none"]

_PATH = "(a path: masked if a part of it is)"
_DATE = "(a month: what stands before it stays)"

# A number with what is attached to it: 0x1f3a, 12ms, 10.0.0.1:80, 12:01:01.5. It starts at a digit, so
# that the regex engine finds candidates fast.
_NUMBER = r"[0-9][0-9A-Za-z]*(?:[.:][0-9][0-9A-Za-z]*)*"

# What `finish` does to a message whose numbers are `0`, in this order, each for a reason of its own.
# Each takes time by the length of a message: a part of unknown length is only tried where it begins, as
# `re` would read a word again from each of its characters to find that it lacks the next part.
_W = re.escape(WILDCARD)
_HEX = rf"(?:{_W}|[0-9a-fA-F]{{4,12}})"
_PART = rf"(?:[\w.$@~%+-]|{_W})"  # a character of one part of a path
_FIRST = rf"(?<![\w.$@~%+-])(?<!{_W})"  # where no such character stands before
_START = r"(?<![\w.$@~%+>-])/"  # a slash that begins an absolute path


def _names(words: str) -> str:
    """Names of a calendar, whole or their first three letters, as `June`, `JUNE`, `Jun` and `JUN`."""
    names = [name for word in words.split() for name in (word, word[:3])]
    return "|".join(dict.fromkeys(form for name in names for form in (name, name.upper())))


_MONTHS = "January February March April May June July August September October November December"
_MONTH = f"(?:{_names(_MONTHS)}|Sept|SEPT)"
_WEEKDAY = f"(?:{_names('Monday Tuesday Wednesday Thursday Friday Saturday Sunday')})"
_FINISH: tuple[tuple[str, str], ...] = (
    # A sign belongs to its number: -5 and blk_-5 vary like 5 and blk_5. A hyphen after a letter or
    # digit is none.
    (r"(?<![A-Za-z0-9])-(?=0)", ""),
    # A word with a number in it names one of many: sda0, node_0, task_0_m_0, a0f (part of a hash).
    (r"(?<!\w)\w*0\w*", WILDCARD),
    # A month beside a number, and a weekday before one, are parts of a date; "May I" is none.
    (rf"(?<!\w){_MONTH}(?=[ ,./-]{{1,2}}{_W})|(?<={_W})([ ./-]){_MONTH}(?!\w)", _DATE),
    (rf"(?<!\w){_WEEKDAY}(?=,? {{1,2}}{_W})", WILDCARD),
    # A UUID: five groups of hexadecimal digits, of which some may hold letters only.
    (rf"(?<![\w-])(?:{_HEX}-){{4}}{_HEX}(?!\w)", WILDCARD),
    # A path, absolute or of three parts and more, varies as a whole if a part of it does: how deep it
    # goes varies too. HTTP/1.1 and read/write are none.
    (
        rf"(?:{_FIRST}{_PART}*/{_PART}+|{_START}{_PART}*)/(?:{_PART}|[/:?&=])*|{_START}{_PART}+",
        _PATH,
    ),
    # Numbers joined by punctuation are one value: a date, a version, a range.
    (rf"{_W}(?:[-._:/,+]+{_W})+", WILDCARD),
    # A list of values has any length.
    (rf"{_W}(?:,? {_W})+", WILDCARD),
)


class MaskConfig(Options):
    """A mask that the user adds."""

    name: Annotated[str, Field(min_length=1)]
    pattern: Annotated[str, Field(min_length=1, description="Rust regular expression")]
    token: Annotated[str, Field(description="what stands for a match")]

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return usable_pattern(pattern, "template.extra_masks", "mend the pattern of this mask")


class Masker:
    """Applies one configuration of masks."""

    def __init__(self, masking: Masking, extra_masks: Sequence[MaskConfig] = ()) -> None:
        self._general = masking == "general"
        self._extra = tuple(extra_masks)

    def fast(self, messages: pl.Series) -> pl.Series:
        """The masks that run on every message: (messages,) String to their shapes."""
        for mask in self._extra:
            # A dollar sign in a replacement would name a group.
            messages = messages.str.replace_all(mask.pattern, mask.token.replace("$", "$$"))
        return messages.str.replace_all(_NUMBER, "0") if self._general else messages

    def finish(self, shapes: Sequence[str]) -> list[str]:
        """The masks that run on distinct shapes; several shapes may become the same message."""
        return [_finished(shape) for shape in shapes] if self._general else list(shapes)


def _finished(shape: str) -> str:
    for pattern, replacement in _COMPILED:
        shape = pattern.sub(replacement, shape)
    return shape


def _path(match: re.Match[str]) -> str:
    return WILDCARD if WILDCARD in match.group() else match.group()


def _month(match: re.Match[str]) -> str:
    return f"{match.group(1) or ''}{WILDCARD}"


_COMPILED = tuple(
    (re.compile(pattern, re.ASCII), {_PATH: _path, _DATE: _month}.get(replacement, replacement))
    for pattern, replacement in _FINISH
)
