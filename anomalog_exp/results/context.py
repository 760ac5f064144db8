"""What identifies one attempt at a run, for all that writes about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.digest import code_digest, plugin_digests
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.results.bundle import Bundle
from anomalog_exp.results.environment import Clock
from anomalog_exp.results.paths import ResultPaths

__all__ = ["Provenance", "ResultWriteContext", "package_digest"]


@dataclass(frozen=True)
class Provenance:
    """What a result rests on; equal provenance means an equal result.

    Attributes:
        config_fingerprint: Of what the config decides.
        data_digest: Of the bytes that were read.
        code_digest: Of the source of this package, and of plugins that the config takes options of.
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
        bundle: What judges; None where a detector is fitted.
    """

    config: RunConfig
    overrides: list[str]
    paths: ResultPaths
    provenance: Provenance
    clock: Clock = field(default_factory=Clock)
    bundle: Bundle | None = None


def package_digest(config: RunConfig) -> str:
    """Digest of the source that a run executes: the package's, and that of plugins it uses."""
    own, plugins = _own_digest(), plugin_digests(config)
    return stable_fingerprint([own, *plugins]) if plugins else own


@cache
def _own_digest() -> str:
    root = Path(__file__).resolve().parents[1]
    return code_digest(root.rglob("*.py"), root)
