"""What a tool puts before each line to say whose it is, as `docker compose logs` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.levels import LEVEL_WORDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["prefix_of"]

_PREFIXES: Final = (
    r"([A-Za-z][\w.-]*) +\| ?",  # docker compose logs: `web-1  | ...`
    r"\[pod/([^\] ]+)\] ",  # kubectl logs --prefix: `[pod/web-7f/app] ...`
)
"""The first group names a service or a container."""

_NEARLY_ALL: Final = 0.98
_MOST_NAMES: Final = 100


def prefix_of(lines: pl.Series) -> str | None:
    """A pattern of what stands before the lines of a log; None where nothing does.

    Args:
        lines: (lines,) String.
    """
    filled = lines.filter(lines.str.len_bytes() > 0)
    for prefix in _PREFIXES:
        names = filled.str.extract(f"^{prefix}").drop_nulls()
        if len(names) < _NEARLY_ALL * len(filled) or not len(names):
            continue
        distinct = names.unique()
        # `INFO | 10:00:00 | ...` begins with its level.
        levels = distinct.str.to_uppercase().is_in(list(LEVEL_WORDS)).any()
        if len(distinct) <= _MOST_NAMES and not levels:
            return prefix.replace("(", "(?:", 1)
    return None
