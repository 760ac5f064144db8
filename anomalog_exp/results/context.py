"""What identifies one attempt at a run, for all that writes about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.digest import code_digest
from anomalog_exp.results.environment import Clock
from anomalog_exp.results.paths import ResultPaths

__all__ = ["Provenance", "ResultWriteContext", "package_digest"]


@dataclass(frozen=True)
class Provenance:
    """What a result rests on; equal provenance means an equal result.

    Attributes:
        config_fingerprint: Of what the config decides.
        data_digest: Of the bytes that were read.
        code_digest: Of this package's source.
    """

    config_fingerprint: str
    data_digest: str
    code_digest: str


@dataclass(frozen=True)
class ResultWriteContext:
    """One attempt.

    Attributes:
        config: What runs.
        overrides: What was typed, for the record.
        paths: Where its files are.
        provenance: What the result rests on.
        clock: When it began, and seconds per stage.
    """

    config: RunConfig
    overrides: list[str]
    paths: ResultPaths
    provenance: Provenance
    clock: Clock = field(default_factory=Clock)


@cache
def package_digest() -> str:
    """Digest of the package's own source."""
    root = Path(__file__).resolve().parents[1]
    return code_digest(root.rglob("*.py"), root)
