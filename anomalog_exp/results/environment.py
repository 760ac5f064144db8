"""Where and when a run happened: everything that may differ between equal results."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anomalog_exp.secrets import without_secrets

__all__ = ["Clock", "build_environment_metadata"]

_PACKAGES = (
    "anomalog-exp",
    "hydra-core",
    "mlflow",
    "numpy",
    "omegaconf",
    "polars",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
)


@dataclass
class Clock:
    """Start of a run and seconds per stage."""

    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - begun


def build_environment_metadata(clock: Clock, overrides: list[str]) -> dict[str, Any]:
    """Versions, machine, commit, times and memory, JSON-ready.

    Args:
        clock: Of the run that ends now.
        overrides: What was typed.
    """
    now = datetime.now(UTC)
    return {
        "begun": clock.begun.isoformat(),
        "ended": now.isoformat(),
        "seconds": {"total": (now - clock.begun).total_seconds(), **clock.seconds},
        "peak_memory_mb": _peak_memory_mb(),
        "overrides": [without_secrets(override) for override in overrides],
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "packages": {name: _version(name) for name in _PACKAGES},
        **_git(),
    }


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git() -> dict[str, Any]:
    """Commit of the package's checkout and whether it has changes; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    commit = _output(root, "rev-parse", "HEAD") if (root / ".git").exists() else None
    changes = None if commit is None else _output(root, "status", "--porcelain")
    return {"git_commit": commit, "git_dirty": None if changes is None else bool(changes)}


def _output(root: Path, *command: str) -> str | None:
    """What a git command prints; None where it fails, is not installed, or takes too long."""
    # A status that refreshed the index would leave its lock behind if the run is killed meanwhile.
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *command],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
