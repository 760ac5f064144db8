"""Members of a sweep mirrored to the tracker as they end, by the process that started the sweep.

So workers stay without MLflow, whose import would cost each of them two seconds and 200 MB, start while
it is imported here, and the one writer of the store waits for nobody.

A tracker that fails once is left alone for the rest of the sweep: it would cost every member the time to
find that out. The command `mirror` brings the whole sweep in later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import TrackingConfig
from anomalog_exp.launch.followed_records import FollowedRecords
from anomalog_exp.results import ResultPaths, claimed
from anomalog_exp.tracking import mirror_run
from anomalog_exp.tracking.names import member_name

__all__ = ["SweepMirror"]


class SweepMirror(FollowedRecords):
    """Mirrors each member when it has left its record.

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
        super().__init__("sweep-mirror", members)
        self._tracking, self._swept = tracking, swept
        self._opened = cache(opened)
        self._failed = False

    def open(self) -> str | None:
        """The id of the tracker's run, opened now or by the thread."""
        return self._opened()

    def run(self) -> None:
        self.open()
        super().run()

    @property
    def mirrored(self) -> str | None:
        """The id of the tracker's run, if all that was to be mirrored is in it."""
        return None if self._failed else self.open()

    def add(self, record: dict[str, Any]) -> None:
        parent = self.open()
        if parent is None or self._failed or record.get("run_dir") is None:  # or nothing ran
            return
        paths = ResultPaths.in_dir(Path(record["run_dir"]))
        with claimed(paths):
            if paths.status_path.is_file():
                self._failed = not mirror_run(
                    paths.run_dir,
                    self._tracking,
                    parent=parent,
                    name=member_name(record["overrides"], self._swept),
                    sweep=self._members.parent,
                )
