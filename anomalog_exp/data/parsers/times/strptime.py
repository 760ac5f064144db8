"""Python's strptime over a column of texts, its directives exactly as `datetime.strptime` takes them.

Source of what they mean: CPython's `_strptime`, in the locale C. Directives of C that people are used to
(`%T`, `%F`, `%e`) and those of chrono for fractions (`%.f`, `%3f`) are taken as well.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.parts import PARTS, PartsFormat

if TYPE_CHECKING:
    import polars as pl

__all__ = ["DIRECTIVES", "StrptimeFormat"]

DIRECTIVES: Final = "%" + " %".join([*sorted(PARTS, key=lambda name: (name.lower(), name)), "%"])
"""All that Python has, for messages."""

_SHORT: Final = {
    "%c": "%a %b %d %H:%M:%S %Y",
    "%D": "%m/%d/%y",
    "%e": "%d",
    "%F": "%Y-%m-%d",
    "%h": "%b",
    "%k": "%H",
    "%l": "%I",
    "%n": " ",
    "%r": "%I:%M:%S %p",
    "%R": "%H:%M",
    "%t": " ",
    "%T": "%H:%M:%S",
    "%x": "%m/%d/%y",
    "%X": "%H:%M:%S",
    "%:z": "%z",
    "%#z": "%z",
}
_TOKEN: Final = re.compile(r"%(?:\.?[369]f|\.f|[:#]z|.|$)|\s+|[^%\s]+", re.DOTALL)
_FRACTION: Final = re.compile(r"%(\.?)([369]?)f")
_QUICK: Final = frozenset("YymBbdAaHIpMSfz")
"""What polars reads as Python does, where its texts fit Python's pattern."""

_MS_OF_2069: Final = 3_124_224_000_000


class StrptimeFormat(PartsFormat):
    """Reads times as `datetime.strptime` does, and takes those without a zone as UTC.

    Args:
        form: The format.
        year: Of texts without one; None takes 1900, as Python does.

    Raises:
        ValueError: the format holds no directive, one that Python does not have, or one twice.
    """

    def __init__(self, form: str, year: int | None = None) -> None:
        spelled = "".join(_SHORT.get(token, token) for token in _TOKEN.findall(form))
        tokens = _TOKEN.findall(spelled)
        parts = [token[-1] for token in tokens if token[0] == "%" and token != "%%"]
        for name in parts:
            if name not in PARTS:
                raise ValueError(f"there is no directive %{name}".rstrip())
            if parts.count(name) > 1:
                raise ValueError(f"the directive %{name} stands twice")
        if not parts:
            raise ValueError("it holds no directive")
        if ("G" in parts) != ("V" in parts) or ("G" in parts and not set(parts) & set("AawU u")):
            raise ValueError("%G and %V stand together, beside a weekday")
        super().__init__("".join(map(_pattern, tokens)), year)
        readable = set(parts) <= _QUICK and "M" in parts and ("H" in parts or {*"Ip"} <= {*parts})
        dated = {"m", "b", "B"} & {*parts} and "d" in parts
        self._forms = list(_chrono(tokens)) if readable and dated else []
        self._short_year = "y" in parts

    def _quick(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        found = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(texts))
        if not self.has_year:
            if self._year is None:
                return found
            texts = f"{self._year} " + texts
        # The form that reads the first text mostly reads all.
        for form in sorted(
            self._forms, key=lambda form: _read(texts.head(1), form).is_null().any()
        ):
            left = found.is_null()
            if not left.any():
                break
            if left.all():
                found = _read(texts, form if self.has_year else f"%Y {form}")
            else:
                others = _read(texts.filter(left), form if self.has_year else f"%Y {form}")
                found = found.scatter(left.arg_true(), others)
        if self._short_year:
            found = pl.select(pl.when(found < _MS_OF_2069).then(found)).to_series()
        return found


def _pattern(token: str) -> str:
    if token.isspace():
        return r"\s+"
    if token[0] != "%":
        return re.escape(token)
    if token == "%%":
        return "%"
    fraction = _FRACTION.fullmatch(token)
    if fraction and token != "%f":
        dot, digits = fraction.groups()
        part = f"(?P<f>[0-9]{f'{{{digits}}}' if digits else '+'})"
        return rf"(?:\.{part})?" if token == "%.f" else (r"\." if dot else "") + part
    return f"(?P<{token[-1]}>{PARTS[token[-1]]})"


def _chrono(tokens: list[str]) -> map[str]:
    """The format as chrono takes it: one for each number of digits that a fraction often has."""
    several = {"%f": ("%3f", "%6f"), "%.f": (".%3f", ".%6f", "%.f")}
    return map("".join, product(*(several.get(token, (token,)) for token in tokens)))


def _read(texts: pl.Series, form: str) -> pl.Series:
    import polars as pl

    return texts.str.to_datetime(form, strict=False, time_unit="ms").cast(pl.Int64)
