"""Secrets of addresses, taken out of whatever is recorded or shown.

A name and password before the host, or a token in the query, open to whoever reads them what they open
to us. *** stands for them. What a parameter holds is judged by its name. Rather too much is hidden than
too little: where an address ends in a text of another kind is not always clear.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

__all__ = ["HIDDEN", "masked_parameter", "without_secrets"]

HIDDEN: Final = "***"
"""What stands for a secret."""

_SECRET: Final = re.compile(r"token|sig|key|secret|pass|pwd|auth|cred|session|jwt", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"(?<=[?&;#])([^=&;?#\s]+)=([^&;#\n]+)")
_ADDRESS: Final = re.compile(r"\w+://")
_BEFORE_HOST: Final = re.compile(r"(?<=://).*@")


def without_secrets(text: str) -> str:
    """A text, such as what was typed or a message, without the secrets of the addresses in it.

    Examples:
        >>> without_secrets("dataset.source.url=https://me:word@host/a.zip?sig=abc&v=2")
        'dataset.source.url=https://***@host/a.zip?sig=***&v=2'
    """
    if "://" not in text:
        return text
    starts = [match.start() for match in _ADDRESS.finditer(text)]
    ends = [*starts[1:], len(text)]
    pieces = (_without_secrets(text[start:end]) for start, end in zip(starts, ends, strict=True))
    return text[: starts[0]] + "".join(pieces) if starts else text


def masked_parameter(parameter: re.Match[str]) -> str:
    """`name=value` of an address, of which a match holds both, without its secret."""
    name, value = parameter.groups()
    if _SECRET.search(unquote(name)):
        return f"{name}={HIDDEN}"
    return f"{name}={_PARAMETER.sub(masked_parameter, value)}"  # it may be an address, too


def _without_secrets(piece: str) -> str:
    """A piece of text that begins with an address and holds no other."""
    # A password that is typed as it is may hold what ends a host, so the last @ of the line counts.
    piece = _BEFORE_HOST.sub(f"{HIDDEN}@", piece, count=1)
    return _PARAMETER.sub(masked_parameter, piece)
