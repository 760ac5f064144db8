"""What a user's mistake turns into: one exception, four parts, no traceback.

Every message answers the same four questions: which key, which value, what is allowed, what to do.
`ConfigError.of` lays them out; the plain constructor takes a finished text, so that the exception
survives pickling between the workers of a sweep.
"""

from __future__ import annotations

import os
from typing import Self

from anomalog_exp.secrets import without_secrets

__all__ = ["ConfigError", "DataError", "MissingExtra", "NotApplicable"]


class ConfigError(ValueError):
    """The configuration, or something it points at, cannot be used."""

    @classmethod
    def of(cls, key: str, value: object, *, problem: str, allowed: str, fix: str) -> Self:
        """Compose the four-part message for `key` holding `value`.

        Examples:
            >>> error = ConfigError.of("seed", -1, problem="too small", allowed="0 and on", fix="seed=0")
            >>> print(error)
            seed: too small
              value:   -1
              allowed: 0 and on
              to do:   seed=0
        """
        text = (
            f"{key}: {problem}\n  value:   {_shown(value)}\n  allowed: {allowed}\n  to do:   {fix}"
        )
        return cls(without_secrets(text))


class DataError(ConfigError):
    """A file that the configuration names is missing, broken, or not what the parser expects."""


class MissingExtra(ConfigError):
    """An option needs a package that is not installed, and that an extra of ours brings."""


class NotApplicable(Exception):
    """This combination has no result, for the stated reason: an outcome, not a failure.

    Example: a supervised detector on a training split that holds one class only.
    """


def _shown(value: object, limit: int = 300) -> str:
    text = str(value) if isinstance(value, str | os.PathLike) else repr(value)
    text = without_secrets(text)  # before it is cut: what is left of a secret is not known as one
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
