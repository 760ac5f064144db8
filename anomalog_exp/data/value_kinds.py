"""What kind of thing a value in a message is, by its form: an address, a size, a path, ...

The first of `KINDS` whose form a text has is its kind. A number with leading zeros or of more than 18
digits is an identifier that happens to consist of digits, as for `features/numbers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["KINDS", "MIXED", "kinds_of_texts"]

_WHOLE: Final = r"[+-]?(?:0|[1-9][0-9]{0,17})"
_DECIMAL: Final = rf"{_WHOLE}\.[0-9]{{1,18}}(?:[eE][+-]?[0-9]{{1,2}})?"
_NUMBER: Final = rf"(?:{_DECIMAL}|{_WHOLE})"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4: Final = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_GROUP: Final = r"[0-9A-Fa-f]{1,4}"
_GROUPS: Final = rf"(?:{_GROUP}(?::{_GROUP}){{0,6}})?"
_V6: Final = rf"(?:(?:{_GROUP}:){{7}}{_GROUP}|{_GROUPS}::{_GROUPS})"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\."
_TOP: Final = "com|net|org|edu|gov|mil|info|arpa|local|localdomain|internal|lan|corp|cloud"
_NAME: Final = "[A-Za-z0-9_.:#@$-]"
_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DATE: Final = (
    r"(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}"
    rf"|[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{2,4}}|{_MONTH} +[0-9]{{1,2}}(?:,? +[0-9]{{4}})?)"
)
_CLOCK: Final = (
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?:[AP]M|Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
_SIZE: Final = "B|[Bb]ytes?|[kKMGTP]i?B|[KMGTP]i?"
_DURATION: Final = "[nuµm]?s|[Ss]ec(?:ond)?s?|[Mm]in(?:ute)?s?|m|h(?:rs?|ours?)?|d(?:ays?)?"

_FORMS: Final[dict[str, str]] = {
    "integer": _WHOLE,
    "decimal": _DECIMAL,
    "ip:port": rf"/?(?:{_V4}|\[{_V6}\]):[0-9]{{1,5}}",
    "ip": rf"/?(?:{_V4}|{_V6})(?:/[0-9]{{1,3}})?",
    "hexadecimal": "0[xX][0-9A-Fa-f]+",
    "size": f"{_NUMBER} ?(?:{_SIZE})",
    "duration": f"{_NUMBER} ?(?:{_DURATION})",
    "time": rf"(?:[A-Z][a-z]{{2,8}},? +)?(?:{_DATE}(?:[T :]+{_CLOCK})?|{_CLOCK})(?: +[0-9]{{4}})?",
    "uuid": r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?",
    "hash": "[0-9A-Fa-f]*(?:[0-9][A-Fa-f]|[A-Fa-f][0-9])[0-9A-Fa-f]*",
    "url": r"[A-Za-z][A-Za-z0-9+.-]*://\S+",
    "path": r"(?:[A-Za-z]:)?[/\\]\S*|[A-Za-z0-9_.~-]+(?:/[A-Za-z0-9_.$@%+~=-]+){2,}/?",
    "host": rf"localhost|(?:{_LABEL})+(?:{_TOP})(?::[0-9]{{1,5}})?|(?:{_LABEL}){{2,}}[a-z]{{2}}",
    "id": rf"{_NAME}*[0-9]{_NAME}*",
    "word": r"[^\s0-9]+",
}
"""Kind -> the form of its texts, from begin to end, in Rust's regular expressions."""

_SHORTEST: Final = {"hash": 8}
"""Bytes of the shortest texts of a kind: fewer digits and letters may be a name with a number."""

MIXED: Final = "mixed"
"""What has none of the forms, and places that hold several kinds."""

KINDS: Final = (*_FORMS, MIXED)
"""Names of kinds, in the order of their codes."""


def kinds_of_texts(texts: pl.Series) -> NDArray[np.int8]:
    """(texts,) code of the kind of each into `KINDS`.

    Args:
        texts: (texts,) String without nulls.

    Examples:
        >>> import polars as pl
        >>> given = ["12", "0.5", "/10.0.0.9:80", "::1", "0x1f", "64KB", "12ms", "Jun 14 15:16:01"]
        >>> [KINDS[kind] for kind in kinds_of_texts(pl.Series(given))]
        ['integer', 'decimal', 'ip:port', 'ip', 'hexadecimal', 'size', 'duration', 'time']
        >>> given = ["9f86d081884c7d65", "/var/log", "www.heise.de", "blk_-5", "007", "root", "a b"]
        >>> [KINDS[kind] for kind in kinds_of_texts(pl.Series(given))]
        ['hash', 'path', 'host', 'id', 'id', 'word', 'mixed']
    """
    kinds = np.full(len(texts), KINDS.index(MIXED), dtype=np.int8)
    undecided = np.arange(len(texts))
    for kind, (name, form) in enumerate(_FORMS.items()):
        left = texts.gather(undecided)
        has = left.str.contains(f"^(?:{form})$") & (left.str.len_bytes() >= _SHORTEST.get(name, 0))
        kinds[undecided[has.to_numpy()]] = kind
        undecided = undecided[~has.to_numpy()]
    return kinds
