"""The demo log, written once for each set of parameters and each version of the generator."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import Field

from anomalog_exp.data.digest import code_digest
from anomalog_exp.data.sources.base import DatasetSourceConfig, RawFiles, Source
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
        if not target.is_dir():
            self.data_root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.data_root / f".{target.name}.lock"):
                if not target.is_dir():
                    self._write(target, progress)
        from anomalog_exp.data.demo.text import LOG

        return RawFiles(root=target, log=target / LOG)

    def _write(self, target: Path, progress: Progress) -> None:
        from anomalog_exp.data.demo.text import write_demo_log

        building = target.with_name(f".writing-{target.name}")
        shutil.rmtree(building, ignore_errors=True)  # what a killed process left
        building.mkdir()
        try:
            write_demo_log(
                building,
                lines=self.lines,
                seed=self.seed,
                anomaly_fraction=self.anomaly_fraction,
                progress=progress,
            )
            building.rename(target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
