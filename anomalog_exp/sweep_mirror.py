"""Members of a sweep mirrored to the tracker as they end, by the process that started the sweep.

So workers stay without MLflow, whose import would cost each of them two seconds and 200 MB, and the one
writer of the store waits for nobody.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

from pydantic import TypeAdapter

from anomalog_exp.config.run import TrackingConfig
from anomalog_exp.results import ResultPaths, claimed
from anomalog_exp.tracking import mirror_run

__all__ = ["SweepMirror"]

_EVERY_S = 0.5
_TRACKING: TypeAdapter[Any] = TypeAdapter(TrackingConfig)


class SweepMirror(Thread):
    """Watches the records that members leave.

    Args:
        members: The folder of the records.
        parent: The tracker's run that members nest under.
    """

    def __init__(self, members: Path, parent: str | None) -> None:
        super().__init__(name="sweep-mirror", daemon=True)
        self._members = members
        self._parent = parent
        self._seen: set[Path] = set()
        self._ended = Event()

    def run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._mirror_new()

    def close(self) -> None:
        """Mirror what has ended until now, and stop."""
        self._ended.set()
        self.join()
        self._mirror_new()

    def _mirror_new(self) -> None:
        for path in sorted(set(self._members.glob("*.json")) - self._seen):
            self._seen.add(path)
            record = json.loads(path.read_text(encoding="utf-8"))
            if record.get("run_dir") is None:  # its config cannot be used: nothing ran
                continue
            paths = ResultPaths.in_dir(Path(record["run_dir"]))
            with claimed(paths):
                if paths.status_path.is_file():
                    tracking = _TRACKING.validate_python(record["tracking"])
                    mirror_run(paths.run_dir, tracking, parent=self._parent)
