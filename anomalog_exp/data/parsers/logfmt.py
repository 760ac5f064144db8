"""logfmt: `key=value key="value with spaces"`, as many programs in Go write it.

A line fits that begins with such a pair and whose quotes are closed. Of several names that may hold the
same, the first in the line counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from anomalog_exp.data.parsers.cut_pairs import SIMPLE_LINE, cut_value
from anomalog_exp.data.parsers.named_fields import NamedFieldsConfig, NamedFieldsParser

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "LogfmtParser"]

_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[^\s"]*'
_PAIR: Final = rf'[^\s"=]+=(?:{_VALUE})'
_WORD: Final = rf'[^\s"=]+(?:=(?:{_VALUE}))?'
_LINE: Final = rf"^\s*{_PAIR}(?:\s+{_WORD})*\s*$"
_EQUAL_INSIDE: Final = r'^(?:[^"]*"[^"=]*")*[^"]*"[^"=]*='
"""A quoted value holds what may look like a pair."""
_HEAD: Final = 100


class Config(NamedFieldsConfig):
    """Which key of a line is what."""

    name: Literal["logfmt"]

    def build_parser(self) -> LogfmtParser:
        return LogfmtParser(self)


class LogfmtParser(NamedFieldsParser):
    """Reads pairs of keys and values."""

    any_field = True

    def learn(self, lines: pl.Series) -> None:
        # Quoted values are taken out first: what is in them is no key.
        pairs = lines.str.replace_all(r'"(?:[^"\\]|\\.)*"', "").str.extract_all(r'[^\s"=]+=')
        keys = pairs.explode().drop_nulls().str.strip_suffix("=").unique(maintain_order=True)
        self.fields = self._others(keys.to_list())

    def texts(self, lines: pl.Series, names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
        import polars as pl

        near = _near(lines, names)
        known = {one for several in names.values() for one in several}
        others = sorted(known - {one for several in near.values() for one in several})
        simple = lines.str.contains(SIMPLE_LINE)
        if others:
            simple &= ~lines.str.contains(rf"(?:^|\s)(?:{'|'.join(map(re.escape, others))})=")
        if not simple.any():
            return _by_patterns(lines, names)
        some = lines if simple.all() else lines.filter(simple)
        columns = {name: _simple_values(some, several) for name, several in near.items()}
        found = pl.DataFrame(columns).with_columns(fits=pl.lit(True))
        if len(some) == len(lines):
            return found
        rest = _by_patterns(lines.filter(~simple), names)
        place = np.concatenate([simple.arg_true().to_numpy(), (~simple).arg_true().to_numpy()])
        return pl.concat([found, rest])[np.argsort(place)]


def _near(lines: pl.Series, names: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of each column the keys that the first lines seem to have."""
    head = lines.head(_HEAD)
    return {
        name: [one for one in several if head.str.contains(f"{one}=", literal=True).any()]
        for name, several in names.items()
    }


def _by_patterns(lines: pl.Series, names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """The columns of any lines."""
    import polars as pl

    odd = lines.str.contains(_EQUAL_INSIDE) | lines.str.contains(r"\"", literal=True)
    columns = {name: _values(lines, several, odd) for name, several in names.items()}
    return pl.DataFrame(columns | {"fits": lines.str.contains(_LINE)})


def _simple_values(lines: pl.Series, names: Sequence[str]) -> pl.Series:
    """The value of the first of some keys in each of some simple lines."""
    import polars as pl

    if not names:
        return pl.repeat(None, len(lines), dtype=pl.String, eager=True)
    if len(names) == 1:
        return _unquoted(cut_value(lines, names[0]))
    return _values(lines, names, pl.repeat(False, len(lines), eager=True))


def _values(lines: pl.Series, names: Sequence[str], odd: pl.Series) -> pl.Series:
    """The value of the first of some keys in each line.

    Args:
        lines: (lines,) String.
        names: Of the keys.
        odd: (lines,) Boolean: a quoted value of the line may look like pairs. Only there a line is read
            pair by pair, which takes three times as long.
    """
    pair = f"(?:{'|'.join(map(re.escape, names))})=({_VALUE})"
    value = lines.str.extract(rf"(?:^|\s){pair}")
    if odd.any():
        slowly = lines.filter(odd).str.extract(rf"^\s*(?:{_WORD}\s+)*?{pair}")
        value = value.scatter(odd.arg_true(), slowly)
    return _unquoted(value)


def _unquoted(value: pl.Series) -> pl.Series:
    import polars as pl

    quoted = value.str.starts_with('"')
    if not quoted.any():
        return value
    text = value.str.strip_prefix('"').str.strip_suffix('"')
    if text.str.contains("\\", literal=True).any():
        text = text.str.replace_many([r"\n", r"\"", r"\\"], ["\n", '"', "\\"])
    return pl.select(pl.when(quoted).then(text).otherwise(value)).to_series()
