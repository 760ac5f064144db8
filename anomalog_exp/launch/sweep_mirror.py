"""Members of a sweep mirrored to the tracker as they end, by the process that started the sweep.

So workers stay without MLflow, whose import would cost each of them two seconds and 200 MB, start while
it is imported here, and the one writer of the store waits for nobody.

A tracker that fails once is left alone for the rest of the sweep: it would cost every member the time to
find that out. The command `mirror` brings the whole sweep in later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from threading import Event, Thread

from anomalog_exp.config.settings import TrackingConfig
from anomalog_exp.results import ResultPaths, claimed
from anomalog_exp.tracking import mirror_run
from anomalog_exp.tracking.names import member_name

__all__ = ["SweepMirror"]

_EVERY_S = 0.5


class SweepMirror(Thread):
    """Watches the records that members leave.

    Args:
        members: The folder of the records.
        tracking: The tracker; the members of a sweep stand in one place, whatever theirs would be alone.
        swept: The keys that the sweep varies.
        opened: Opens the tracker's run that members nest under, and gives its id, if there is one.
    """

    def __init__(
        self,
        members: Path,
        tracking: TrackingConfig,
        swept: Sequence[str],
        opened: Callable[[], str | None],
    ) -> None:
        super().__init__(name="sweep-mirror", daemon=True)
        self._members, self._tracking, self._swept = members, tracking, swept
        self._opened = cache(opened)
        self._seen: set[Path] = set()
        self._ended = Event()
        self._failed = False

    def open(self) -> str | None:
        """The id of the tracker's run, opened now or by the thread."""
        return self._opened()

    def run(self) -> None:
        self.open()
        while not self._ended.wait(_EVERY_S):
            self._mirror_new()

    def close(self) -> str | None:
        """Mirror what has ended until now, and stop; the id of the tracker's run, if all is in it."""
        self._ended.set()
        self.join()
        self._mirror_new()
        return None if self._failed else self.open()

    def _mirror_new(self) -> None:
        parent = self.open()
        if parent is None:
            return
        for path in sorted(set(self._members.glob("*.json")) - self._seen):
            if self._failed:
                return
            self._seen.add(path)
            record = json.loads(path.read_text(encoding="utf-8"))
            if record.get("run_dir") is None:  # its config cannot be used: nothing ran
                continue
            paths = ResultPaths.in_dir(Path(record["run_dir"]))
            with claimed(paths):
                if paths.status_path.is_file():
                    name = member_name(record["overrides"], self._swept)
                    self._failed = not mirror_run(
                        paths.run_dir,
                        self._tracking,
                        parent=parent,
                        name=name,
                        sweep=self._members.parent,
                    )
