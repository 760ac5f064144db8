"""Packages that an extra brings: one that is missing is named by the command that installs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from anomalog_exp.errors import MissingExtra

__all__ = ["extra_named", "extra_of"]


@contextmanager
def extra_named(key: str, name: str) -> Iterator[None]:
    """Answer to a missing package, where an extra of ours brings it, with the command that installs it.

    Around whatever imports an option's own packages: its module, and what builds it.

    Raises:
        MissingExtra: a package is missing that an extra brings.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        extra = extra_of(package)
        if extra is None:
            raise
        raise MissingExtra.of(
            key,
            name,
            problem=f"it needs the package {package!r}, which is not installed",
            allowed="options whose packages are installed",
            fix=f"pip install 'anomalog-exp[{extra}]'",
        ) from error


def extra_of(package: str) -> str | None:
    """The extra of ours that brings a package; None where none does."""
    return _extras().get(_normal(package))


def _extras() -> dict[str, str]:
    """Package -> the extra that brings it; a package is imported by its own name, but for a `-binary`.

    `dev` is for work on this package: no option needs it.
    """
    try:
        required = metadata.requires("anomalog-exp") or []
    except metadata.PackageNotFoundError:  # a checkout that was never installed
        return {}
    optional = (re.match(r"([\w.-]+).*\bextra\s*==\s*['\"]([^'\"]+)", line) for line in required)
    return {_normal(m[1]).removesuffix("-binary"): m[2] for m in optional if m and m[2] != "dev"}


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
