"""A sweep while it runs: a line for each member that has ended, and on a terminal one bar for all."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.launch.followed_records import FollowedRecords
from anomalog_exp.results.members import Member

__all__ = ["SweepProgress"]

_LOG = logging.getLogger(__name__)
_WITH_TOTAL = "{bar:24} {n_fmt} of {total_fmt} ended{postfix}, about {remaining} left"
_WITHOUT_TOTAL = "{n_fmt} ended{postfix}, after {elapsed}"


class SweepProgress(FollowedRecords):
    """Tells of members as they end.

    Args:
        members: The folder of their records.
        planned: How many there will be; 0 where nobody knows.
        swept: The keys that the sweep varies, which name them.
        bar: Draw the bar on standard error. None decides by whether it is a terminal.
    """

    def __init__(
        self, members: Path, planned: int, swept: Sequence[str], *, bar: bool | None = None
    ) -> None:
        super().__init__("sweep-progress", members)
        self._planned, self._swept = planned, swept
        self._ended_as = Counter[str]()
        self._bar: Any = None
        if sys.stderr.isatty() if bar is None else bar:
            from tqdm import tqdm

            self._bar = tqdm(
                total=planned or None,
                bar_format=_WITH_TOTAL if planned else _WITHOUT_TOTAL,
                leave=False,
                mininterval=0,  # members end seldom enough to show each
                file=sys.stderr,
            )

    def add(self, record: dict[str, Any]) -> None:
        member = Member.of(record)
        self._ended_as[member.status] += 1
        ended = f"{self._ended_as.total()} of {self._planned}" if self._planned else "one more"
        line = f"{ended}: {member.name(self._swept)} {_outcome(member)}"
        if self._bar is None:
            _LOG.info(line)
            return
        self._bar.write(line, file=sys.stderr)
        others = [f"{n} {how}" for how, n in sorted(self._ended_as.items()) if how != "done"]
        self._bar.set_postfix_str(", ".join(others), refresh=False)
        self._bar.update()

    def waits(self) -> None:
        if self._bar is not None:
            self._bar.refresh()  # a log line of a member has taken its place

    def close(self) -> None:
        super().close()
        if self._bar is not None:
            self._bar.close()


def _outcome(member: Member) -> str:
    """How a member has ended, with the figure that it is ranked by or the first line of its reason."""
    if member.status != "done":
        reason = (member.reason or "").split("\n")[0]
        return f"{member.status}: {reason}"
    if member.metric is None or member.value is None:
        flagged = "" if member.flagged is None else f", {member.flagged:,} flagged"
        return f"{member.status_shown}{flagged}"
    return f"{member.status_shown}, {member.metric} {member.value:.4f}"
