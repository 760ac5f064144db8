"""What a stage of the benchmark works on, and how its work is measured.

Nothing of ours is imported before it is used: interpreters of other environments run this too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Case", "Stage", "Work", "load", "measured"]


@dataclass(frozen=True)
class Case:
    """What a stage works on.

    Attributes:
        folder: Where the log of `lines` lines is, and what is built of it.
        lines: Wanted of the generator.
        scratch: An empty folder that is gone after the stage.
    """

    folder: Path
    lines: int
    scratch: Path

    @property
    def log(self) -> Path:
        """The log as text."""
        return next((self.folder / "data").glob("*/generated-*/HDFS.log"))

    def config(self, *overrides: str) -> Any:
        """A run config with all its files below the folder."""
        from anomalog_exp.config import load_run_config

        return load_run_config([*self.own(), *overrides])

    def own(self) -> list[str]:
        """Overrides that name the log and keep everything below the folder."""
        places = {"data_dir": "data", "cache_dir": "cache", "output_dir": "outputs"}
        kept = [f"paths.{key}={self.folder / name}" for key, name in places.items()]
        return [f"dataset.source.lines={self.lines}", *kept]

    def dataset(self) -> Any:
        """The built log; generated and built now if it is not in the cache."""
        return load(self.config())

    def sequences(self, *overrides: str) -> Any:
        """Sequences of the built log."""
        config = self.config(*overrides)
        return config.sequence.apply(self.dataset(), config.split)


def load(config: Any, *, parameters: bool = False) -> Any:
    """The data set of a run config, perhaps with values of messages; built if it is not in the cache."""
    from anomalog_exp.data.cache import load_dataset
    from anomalog_exp.progress import SILENT

    return load_dataset(
        config.dataset,
        config.template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=SILENT,
        parameters=parameters,
    )


Work = Callable[[], object]
Stage = Callable[[Case], Work]


def anonymous_mb() -> float:
    """Anonymous memory of this process in MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024 / 1e6


def measured(work: Work) -> dict[str, float]:
    """Seconds of the work, the peak of anonymous memory during it and what of that is new.

    Anonymous (RssAnon, sampled), as pages of mapped files are the system's to drop.
    """
    before = anonymous_mb()
    samples, ended = [before], threading.Event()

    def watch() -> None:
        while not ended.wait(0.005):
            samples.append(anonymous_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        begun = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begun
        samples.append(anonymous_mb())
    finally:
        ended.set()
        watcher.join()
    del result
    return {"seconds": seconds, "peak_mb": max(samples), "new_mb": max(samples) - before}
