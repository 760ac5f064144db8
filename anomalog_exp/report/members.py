"""The members of a sweep, from the records that they left in its folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from anomalog_exp import metric_terms

__all__ = ["Member", "is_repeat", "metric_of", "natural", "shown_metrics", "swept_keys"]

_REPEATS = ("seed", "offset")


@dataclass(frozen=True)
class Member:
    """One member.

    Attributes:
        index: Its place in the plan.
        settings: What it was told, by key.
        status: `done`, `skipped`, `failed`, `lost` or `stopped`.
        reason: Why it has no result.
        metrics: Its headline figures.
        metric: Name of the figure that it is ranked by.
        value: That figure.
        flagged_share: Of what it judged.
        seconds: What it took.
        oracle: Its threshold has seen the test labels.
        run_dir: Its files; None where nothing ran.
    """

    index: int
    settings: Mapping[str, str]
    status: str
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    metric: str | None = None
    value: float | None = None
    flagged_share: float | None = None
    seconds: float | None = None
    oracle: bool = False
    run_dir: Path | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The member that left a record."""
        judged, flagged = record.get("judged"), record.get("flagged")
        pairs = (override.split("=", 1) for override in record["overrides"])
        return cls(
            index=int(record["index"]),
            settings={pair[0].lstrip("+~"): pair[-1] for pair in pairs},
            status=str(record["status"]),
            reason=record.get("reason"),
            metrics=record.get("metrics") or {},
            metric=record.get("primary_metric"),
            value=record.get("primary_value"),
            flagged_share=flagged / judged if judged and flagged is not None else None,
            seconds=record.get("seconds"),
            oracle=bool(record.get("oracle")),
            run_dir=Path(record["run_dir"]) if record.get("run_dir") else None,
        )

    def name(self, keys: Sequence[str]) -> str:
        """What tells it from the others, as in `markov · window_size 10`."""
        parts = [
            self.settings[key]
            if key in ("model", "dataset")
            else f"{short(key)} {self.settings[key]}"
            for key in keys
            if key in self.settings
        ]
        return " · ".join(parts) or f"member {self.index}"


def short(key: str) -> str:
    """The last part of a key."""
    return re.split(r"[./]", key)[-1]


def swept_keys(members: Sequence[Member]) -> list[str]:
    """The keys whose values differ between members, in the order of the command."""
    keys = dict.fromkeys(key for member in members for key in member.settings)
    return [key for key in keys if len({member.settings.get(key) for member in members}) > 1]


def is_repeat(key: str) -> bool:
    """Whether its values repeat the same thing by chance, as seeds do."""
    return short(key) in _REPEATS


def metric_of(members: Sequence[Member]) -> str | None:
    """The figure that most members are ranked by."""
    names = Counter(member.metric for member in members if member.metric is not None)
    return names.most_common(1)[0][0] if names else None


def shown_metrics(members: Sequence[Member]) -> list[str]:
    """The metrics to show: those of detection, or all there are."""
    return metric_terms.shown_metrics({n: 0.0 for member in members for n in member.metrics})


def natural(value: str | None) -> tuple[bool, float, str]:
    """Sorts numbers by size, and before texts."""
    try:
        return (False, float(value or ""), "")
    except ValueError:
        return (True, 0.0, value or "")
