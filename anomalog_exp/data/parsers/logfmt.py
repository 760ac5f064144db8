"""logfmt: `key=value key="value with spaces"`, as many programs in Go write it.

A line fits that begins with such a pair and whose quotes are closed. Of several names that may hold the
same, the first in the line counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

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

        odd = lines.str.contains(_EQUAL_INSIDE) | lines.str.contains(r"\"", literal=True)
        columns = {name: _values(lines, several, odd) for name, several in names.items()}
        return pl.DataFrame(columns | {"fits": lines.str.contains(_LINE)})


def _values(lines: pl.Series, names: Sequence[str], odd: pl.Series) -> pl.Series:
    """The value of the first of some keys in each line.

    Args:
        lines: (lines,) String.
        names: Of the keys.
        odd: (lines,) Boolean: a quoted value of the line may look like pairs. Only there a line is read
            pair by pair, which takes three times as long.
    """
    import polars as pl

    pair = f"(?:{'|'.join(map(re.escape, names))})=({_VALUE})"
    value = lines.str.extract(rf"(?:^|\s){pair}")
    if odd.any():
        slowly = lines.filter(odd).str.extract(rf"^\s*(?:{_WORD}\s+)*?{pair}")
        value = value.scatter(odd.arg_true(), slowly)
    quoted = value.str.starts_with('"')
    if not quoted.any():
        return value
    text = value.str.strip_prefix('"').str.strip_suffix('"')
    if text.str.contains("\\", literal=True).any():
        text = text.str.replace_many([r"\n", r"\"", r"\\"], ["\n", '"', "\\"])
    return pl.select(pl.when(quoted).then(text).otherwise(value)).to_series()
