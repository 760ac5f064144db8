"""Values of `key=value` pairs, cut out of simple lines at the texts around them.

It takes a third of the time of a regular expression that looks for the key. In a simple line one space
stands between pairs, and nothing in a value looks like the begin of another pair or needs unescaping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SIMPLE_LINE", "cut_value"]

_PAIR: Final = r'[^\s"=]+=(?:"[^"=\\]*"|[^\s"]*)'
_WORD: Final = r'[^\s"=]+(?:=(?:"[^"=\\]*"|[^\s"]*))?'
SIMPLE_LINE: Final = rf"^{_PAIR}(?: {_WORD})*$"


def cut_value(lines: pl.Series, key: str) -> pl.Series:
    """(lines,) String, the value of a key in simple lines, with its quotes; null where they lack it."""
    import polars as pl

    line, rest = pl.col("line"), pl.col("rest")
    size = len(key.encode())
    begin = (
        pl.when(line.str.starts_with(f"{key}="))
        .then(size + 1)
        .otherwise(line.str.find(f" {key}=", literal=True).cast(pl.Int64) + size + 2)
    )
    end = (
        pl.when(rest.str.starts_with('"'))
        .then(rest.cast(pl.Binary).bin.slice(1).cast(pl.String).str.find('"', literal=True) + 2)
        .otherwise(rest.str.find(" ", literal=True))
        .fill_null(rest.str.len_bytes())
    )
    return (
        pl.LazyFrame({"line": lines})
        .select(
            rest=line.cast(pl.Binary).bin.slice(begin).cast(pl.String), there=begin.is_not_null()
        )
        .select(pl.when("there").then(rest.cast(pl.Binary).bin.slice(0, end)).cast(pl.String))
        .collect()
        .to_series()
    )
