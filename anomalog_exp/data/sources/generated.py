"""The demo log, written once for each set of parameters and each version of the generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from anomalog_exp.data.demo import LOG
from anomalog_exp.data.digest import code_digest
from anomalog_exp.data.sources.base import DatasetSourceConfig, RawFiles, Source
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import made_once
from anomalog_exp.options.base import Count, Fraction
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.progress import Progress

__all__ = ["GeneratedSource", "GeneratedSourceConfig"]


class GeneratedSourceConfig(DatasetSourceConfig):
    """The demo log, written once for each set of parameters."""

    name: Literal["generated"]
    lines: Count = Field(description="about how many lines to write")
    seed: int = Field(ge=0, description="seed of the generator")
    anomaly_fraction: Fraction = Field(description="share of blocks that get a fault")

    def build(self, *, data_root: Path) -> Source:
        return GeneratedSource(
            lines=self.lines,
            seed=self.seed,
            anomaly_fraction=self.anomaly_fraction,
            data_root=data_root,
        )


@dataclass(frozen=True)
class GeneratedSource(Source):
    """A generated log of about `lines` lines."""

    lines: int
    seed: int
    anomaly_fraction: float
    data_root: Path

    def materialise(self, progress: Progress) -> RawFiles:
        demo = Path(__file__).resolve().parents[1] / "demo"
        identity = {
            "lines": self.lines,
            "seed": self.seed,
            "anomaly_fraction": self.anomaly_fraction,
            "code": code_digest(demo.glob("*.py"), demo),
        }
        target = self.data_root / f"generated-{stable_fingerprint(identity)[:12]}"
        remove_leftovers(self.data_root)
        made_once(target, lambda folder: self._write(folder, progress))
        return RawFiles(root=target, log=target / LOG)

    def _write(self, folder: Path, progress: Progress) -> None:
        from anomalog_exp.data.demo.text import write_demo_log

        write_demo_log(
            folder,
            lines=self.lines,
            seed=self.seed,
            anomaly_fraction=self.anomaly_fraction,
            progress=progress,
        )
