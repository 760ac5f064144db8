"""Masking: what varies in a message becomes `<*>` before templates are mined.

One general set of masks serves every system. It has two stages, because a log has millions of messages
and few shapes. `fast` is one cheap expression on every line: it turns each run that starts with a
digit into `0`. `finish` is everything else, on the distinct results of `fast` only, where it costs
nothing. The masked message depends on the message alone. The user's own masks (`extra_masks`) come
before both, on the raw message, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field, field_validator

from anomalog_exp.options.base import Options
from anomalog_exp.options.patterns import usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["WILDCARD", "MaskConfig", "Masker", "Masking"]

WILDCARD = "<*>"
"""What stands for a varying part in masked messages and templates."""

Masking = Literal["general", "none"]

# A number with what is attached to it: 0x1f3a, 12ms, 10.0.0.1:80, 12:01:01.5. It starts at a digit, so
# that the regex engine finds candidates fast.
_NUMBER = r"[0-9][0-9A-Za-z]*(?:[.:][0-9][0-9A-Za-z]*)*"

_W = re.escape(WILDCARD)


class _Mask(NamedTuple):
    """A mask of `finish`.

    Attributes:
        needs: What a message has that the mask changes: looking for it is much faster than the pattern.
        pattern: Takes time by the length of a message: a part of unknown length is only tried where it
            begins, as `re` would read a word again from each of its characters to find that it lacks
            the next part.
        replacement: As of `re.sub`.
    """

    needs: str
    pattern: str
    replacement: str | Callable[[re.Match[str]], str] = WILDCARD


def _if_it_varies(match: re.Match[str]) -> str:
    return WILDCARD if WILDCARD in match.group() else match.group()


_INTERFACE = re.compile(
    "(eth|enp|eno|ens|en|em|wlan|wl|lo|br|bond|docker|veth|tun|tap|awdl|utun|ib|ppp|virbr|vlan)0"
)


def _but_for_interfaces(match: re.Match[str]) -> str:
    """The name of a network interface stays, without its number: eth0 is no user and no file."""
    interface = _INTERFACE.fullmatch(match.group())
    return WILDCARD if interface is None else interface.group(1) + WILDCARD


def _words(names: str) -> str:
    """Names of a calendar, whole or their first three letters, as `June`, `JUNE`, `Jun` and `JUN`."""
    forms = [form for name in names.split() for form in (name, name[:3])]
    return "|".join(dict.fromkeys(form for one in forms for form in (one, one.upper())))


_MONTHS = "January February March April May June July August September October November December"
_MONTH = f"(?:{_words(_MONTHS)}|Sept|SEPT)"
_WEEKDAY = f"(?:{_words('Monday Tuesday Wednesday Thursday Friday Saturday Sunday')})"
_ZONE = "(?:[A-Z]{1,3}[SD]T|UTC|GMT|CET|EET|WET|MSK)"
_DATE = (
    rf"(?:{_WEEKDAY},? {{1,2}})?(?:{_MONTH}[ ,./-]{{1,2}}{_W}|{_W}[ ./-]{_MONTH}(?!\w))"
    rf"(?:[ ,./-]{{1,2}}{_W})*(?: {_ZONE}(?!\w)(?: {_W})?)?"
)

# A name with dots is a host if it ends as domains do, or if a port stands behind: others are keys of a
# configuration, modules or packages, which belong to the statement. Two letters that end names of files
# and keys are no country here.
_LABEL = r"[A-Za-z0-9_-]+"
_PACKAGE = "(?:com|org|net|edu|io|java|javax|sun|scala|akka|android|kernel|sys|system|apple)"
_NO_COUNTRY = "(?:bz|cs|db|fd|go|gz|id|js|md|ms|ns|ps|py|rb|rs|sh|so|ts|xz)"
_DOMAIN = (
    "(?:com|org|net|edu|gov|mil|int|info|biz|arpa|local|localdomain|lan|internal|intranet|corp)"
)
_FILE = (
    "(?:c|cc|cfg|conf|cpp|cs|dll|exe|go|h|hpp|htm|html|jar|java|js|json|kt|log|php|pl|py|rb|rs|scala|sh"
    "|so|ts|txt|xml|yaml|yml)"
)
_NAME = rf"(?<![\w.$@/\\-])(?!{_PACKAGE}\.)"

_HEX = rf"(?:{_W}|[0-9a-fA-F]{{4,12}})"

# Paths.
_PART = rf"(?:[\w.$@~%+-]|{_W})"  # a character of one part of a path
_FIRST = rf"(?<![\w.$@~%+-])(?<!{_W})"  # where no such character stands before
_START = r"(?<![\w.$@~%+>-])/"  # a slash that begins an absolute path

_PYTHON_FRAME = r"\n[ \t]+File \"[^\n]*(?:\n[ \t]+(?!File \")[^\n]*)*"

# What `finish` does to a message whose numbers are `0`, in this order, each for a reason of its own.
_FINISH: tuple[_Mask, ...] = (
    # How deep a stack was varies with where a statement was called from. The frame that failed stays:
    # the first of Java, .NET and JavaScript, the last of Python.
    _Mask("\n", r"(\n[ \t]*at [^\n]+)(?:\n[ \t]*at [^\n]+)+", r"\1"),
    _Mask("\n", rf"(?:{_PYTHON_FRAME})+({_PYTHON_FRAME})", r"\1"),
    # A size written twice, as "4300 bytes (4.19 KB)", is one value, however large it is.
    _Mask("bytes (0", r"(?<=bytes) \(0 ?[KMGTP]i?B\)", ""),
    # Nothing in brackets, as in "from 10.0.0.1 ()", is a value, too: an empty one.
    _Mask("()", r"(?<!\S)\(\)(?!\S)", f"({WILDCARD})"),
    # A sign belongs to its number: -5 and blk_-5 vary like 5 and blk_5. A hyphen after a letter or
    # digit is none.
    _Mask("-0", r"(?<![A-Za-z0-9])-(?=0)", ""),
    _Mask("://", r"(?<!\w)[A-Za-z][A-Za-z0-9+]{1,15}://[^\s\"'<>()\[\]{},;]+"),
    # Hexadecimal digits with colons between, of hardware and of IPv6; one of them has a digit.
    _Mask(":", r"(?<![\w:.])(?=[0-9a-fA-F:]*0)[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,}(?![\w:])"),
    _Mask("@", rf"(?<![\w.+-])[\w.+-]+@{_LABEL}(?:\.{_LABEL})+"),
    _Mask(":0", rf"{_NAME}[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.(?!{_FILE}:)[a-z]{{2,24}}:0(?![\w.-])"),
    _Mask(".", rf"{_NAME}{_LABEL}(?:\.{_LABEL})*\.{_DOMAIN}(?![\w.$(-])"),
    _Mask(".", rf"{_NAME}{_LABEL}(?:\.{_LABEL})+\.(?!{_NO_COUNTRY}\b)[a-z]{{2}}(?![\w.$(-])"),
    # A word with a number in it names one of many: sda0, node_0, task_0_m_0, a0f (part of a hash).
    _Mask("0", r"(?<!\w)\w*0\w*", _but_for_interfaces),
    # A month beside a number, and a weekday before one, are parts of a date; "May I" is none.
    _Mask(WILDCARD, rf"(?<!\w)(?:{_DATE}|{_WEEKDAY}(?=,? {{1,2}}{_W}))"),
    _Mask(WILDCARD, rf"{_W}[-/]{_W}[-/]{_W}[ T_]{_W}"),
    _Mask("M", rf"(?<={_W}) ?[AP]M(?!\w)", ""),
    # Whether a size is in KB or in MB depends on its value; "bytes" and "seconds" do not.
    _Mask("B", rf"(?<={_W}) ?[kKMGTP]i?B(?:/s)?(?!\w)", ""),
    # "lifetime <1 sec" is a duration as "lifetime 00:01" is.
    _Mask(f"<{WILDCARD}", rf"(?<!\S)<{_W} (?:ms|sec|secs|seconds|min|minutes|hours)(?!\w)"),
    # A UUID: five groups of hexadecimal digits, of which some may hold letters only.
    _Mask("-", rf"(?<![\w-])(?:{_HEX}-){{4}}{_HEX}(?!\w)"),
    # A path, absolute or of three parts and more, varies as a whole if a part of it does: how deep it
    # goes varies too. HTTP/1.1 and read/write are none. What ends a sentence is not part of it.
    _Mask("\\", rf"(?<![\w.$@~%+>\\-])(?:[A-Za-z]:)?(?:\\{_PART}+)+", _if_it_varies),
    _Mask("/", rf"{_FIRST}{_PART}*/{_PART}+/(?:{_PART}|[/:?&=](?=[\w/<]))*", _if_it_varies),
    _Mask("/", rf"{_START}{_PART}+(?:[/:?&=]+{_PART}+)*/?", _if_it_varies),
    # Numbers joined by punctuation are one value: a date, a version, a range.
    _Mask(WILDCARD, rf"(?<![A-Za-z]){_W}(?:[-._:/,+]+{_W})+"),
    # A list of values has any length; a value before "=" is a key.
    _Mask(WILDCARD, rf"(?<![A-Za-z]){_W}(?:,? {_W})+(?!=)"),
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

    def numbers_alone(self, shape: str) -> str | None:
        """A message of which `fast` made this shape, with `0` for each number; None where not known."""
        return shape if self._general and not self._extra else None

    def finish(self, shapes: Sequence[str]) -> list[str]:
        """The masks that run on distinct shapes; several shapes may become the same message."""
        return [_finished(shape) for shape in shapes] if self._general else list(shapes)


def _finished(shape: str) -> str:
    for needs, pattern, replacement in _COMPILED:
        if needs in shape:
            shape = pattern.sub(replacement, shape)
    return shape


_COMPILED = tuple(
    (mask.needs, re.compile(mask.pattern, re.ASCII), mask.replacement) for mask in _FINISH
)
