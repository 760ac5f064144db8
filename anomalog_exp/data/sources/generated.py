"""The demo log, written once per set of parameters and version of the generator."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from anomalog_exp.config.fingerprint import stable_fingerprint
from anomalog_exp.data.digest import code_digest
from anomalog_exp.data.sources.base import RawFiles, Source
from anomalog_exp.progress import Progress

__all__ = ["GeneratedSource"]


@dataclass(frozen=True)
class GeneratedSource(Source):
    """A generated log of about `lines` lines."""

    lines: int
    seed: int
    anomaly_fraction: float
    data_root: Path

    def materialise(self, progress: Progress) -> RawFiles:
        data = Path(__file__).resolve().parents[1]
        identity = {
            "lines": self.lines,
            "seed": self.seed,
            "anomaly_fraction": self.anomaly_fraction,
            "code": code_digest(data.glob("demo*.py"), data),
        }
        target = self.data_root / f"generated-{stable_fingerprint(identity)[:12]}"
        if not target.is_dir():
            self.data_root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.data_root / f".{target.name}.lock"):
                if not target.is_dir():
                    self._write(target, progress)
        from anomalog_exp.data.demo_text import LOG

        return RawFiles(root=target, log=target / LOG)

    def _write(self, target: Path, progress: Progress) -> None:
        from anomalog_exp.data.demo_text import write_demo_log

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
