"""Patterns that users write: regular expressions of Rust, which polars runs."""

from __future__ import annotations

from anomalog_exp.errors import ConfigError

__all__ = ["groups_of", "usable_pattern"]


def groups_of(pattern: str) -> list[str]:
    """Names of the groups of a usable pattern, in order; those without a name are numbered from 1."""
    import polars as pl

    probe = pl.Series([""]).str.extract_groups(pattern)
    return list(probe.struct.fields) if probe.dtype == pl.Struct else []


def usable_pattern(pattern: str, key: str, fix: str, *, how: str = "") -> str:
    """The pattern, if it is one.

    Args:
        pattern: What was written.
        key: The config key that holds it.
        fix: What to do where it is none.
        how: What else it has to be, for the message.

    Raises:
        ConfigError: it is no regular expression of Rust.
    """
    import polars as pl

    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError as error:
        raise ConfigError.of(
            key,
            pattern,
            problem=f"it is no pattern: {_reason(error)}",
            allowed=f"a Rust regular expression (no look-around){how}",
            fix=fix,
        ) from error
    return pattern


def _reason(error: Exception) -> str:
    """What is wrong with the pattern, without where polars met it and the pattern once more."""
    text = str(error).partition("This error occurred in")[0]
    return " ".join(text.rpartition("error: ")[2].split())
