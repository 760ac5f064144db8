"""The members of a sweep, from the records that they left in its folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from anomalog_exp import metric_terms
from anomalog_exp.metric_terms import Figure

__all__ = [
    "Member",
    "best_first",
    "is_of_validation",
    "is_repeat",
    "marked",
    "members_by_caveat",
    "metric_of",
    "natural",
    "ranking_of",
    "short",
    "shown_columns",
    "shown_metrics",
    "swept_keys",
    "told",
]

_REPEATS = ("seed", "offset")
_GROUPS = ("dataset", "sequence", "split", "template", "model", "experiment")
_ENDINGS = ("_size", "_count", "_name")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{6,}(e[-+]\d+)?")


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
        scope: The metric scope of its figures.
        f1_low: The lower end of the 95 % interval of F1.
        f1_high: The upper end.
        judged: Units that it judged.
        flagged: How many of them it flagged.
        seconds: What it took.
        oracle: Its threshold has seen the test labels.
        caveat: What its split lets training know.
        reused: An earlier result stands for it.
        run_dir: Its files; None where nothing ran.
    """

    index: int
    settings: Mapping[str, str]
    status: str
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    metric: str | None = None
    value: float | None = None
    scope: str | None = None
    f1_low: float | None = None
    f1_high: float | None = None
    judged: int | None = None
    flagged: int | None = None
    seconds: float | None = None
    oracle: bool = False
    caveat: str | None = None
    reused: bool = False
    run_dir: Path | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The member that left a record."""
        pairs = (override.split("=", 1) for override in record["overrides"])
        return cls(
            index=int(record["index"]),
            settings={pair[0].lstrip("+~"): pair[-1] for pair in pairs},
            status=str(record["status"]),
            reason=record.get("reason"),
            metrics=record.get("metrics") or {},
            metric=record.get("primary_metric"),
            value=record.get("primary_value"),
            scope=record.get("scope"),
            f1_low=record.get("f1_low"),
            f1_high=record.get("f1_high"),
            judged=record.get("judged"),
            flagged=record.get("flagged"),
            seconds=record.get("seconds"),
            oracle=bool(record.get("oracle")),
            caveat=record.get("caveat"),
            reused=bool(record.get("reused")),
            run_dir=Path(record["run_dir"]) if record.get("run_dir") else None,
        )

    @property
    def flagged_share(self) -> float | None:
        """The share of what it judged that it flagged."""
        return self.flagged / self.judged if self.judged and self.flagged is not None else None

    @property
    def f1_interval(self) -> str | None:
        """The 95 % interval of F1 as text."""
        return metric_terms.interval_text(self.f1_low, self.f1_high)

    @property
    def status_shown(self) -> str:
        """How it ended, marked where its figures are no fresh or no fair result."""
        return marked("reused" if self.reused else self.status, self.oracle, self.caveat)

    def name(self, keys: Sequence[str]) -> str:
        """What tells it from the others, as in `markov · window 10`."""
        parts = [told(key, self.settings[key]) for key in keys if key in self.settings]
        return " · ".join(parts) or f"member {self.index}"


def marked(name: str, oracle: bool, caveat: str | None) -> str:
    """The name of a result, with what is unfair about it.

    Examples:
        >>> marked("done", True, "shuffled: training may come after test"), marked("A", False, None)
        ('done (oracle, shuffled)', 'A')
    """
    marks = [*(["oracle"] if oracle else []), *([caveat.split(":")[0]] if caveat else [])]
    return f"{name} ({', '.join(marks)})" if marks else name


def told(key: str, value: str) -> str:
    """`sequence.window_size` and `10` as `window 10`; of an option of a group its name is enough."""
    value = _with_few_digits(value.strip("'\""))
    if key in _GROUPS or "/" in key:
        return value
    word = short(key)
    for ending in _ENDINGS:
        word = word.removesuffix(ending)
    return f"{word.replace('_', ' ')} {value}"


def _with_few_digits(value: str) -> str:
    """A search chooses numbers of 17 digits."""
    if not _LONG_NUMBER.fullmatch(value):
        return value
    return f"{float(value):.4g}"


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


def members_by_caveat(members: Sequence[Member]) -> Counter[str]:
    """How many members have each caveat that there is."""
    return Counter(member.caveat for member in members if member.caveat is not None)


def metric_of(members: Sequence[Member]) -> str | None:
    """The figure that most members are ranked by."""
    names = Counter(member.metric for member in members if member.metric is not None)
    return names.most_common(1)[0][0] if names else None


def ranking_of(members: Sequence[Member]) -> str:
    """The figure that orders a table of members: that of a search, or else F1."""
    metric = metric_of(members)
    return metric if metric and is_of_validation(metric) else str(metric_terms.Figure.F1)


def is_of_validation(metric: str | None) -> bool:
    """Whether a figure is of the validation part, as that which a search raises."""
    return metric is not None and metric.startswith(metric_terms.VALIDATION)


def shown_metrics(members: Sequence[Member]) -> list[str]:
    """The metrics to show: those of detection, or all there are."""
    return metric_terms.shown_metrics({n: 0.0 for member in members for n in member.metrics})


def shown_columns(members: Sequence[Member]) -> list[str]:
    """The metrics to show, with the column of its interval behind F1 where a member has one."""
    columns = shown_metrics(members)
    if any(member.f1_interval for member in members) and Figure.F1 in columns:
        columns.insert(columns.index(Figure.F1) + 1, metric_terms.F1_INTERVAL)
    return columns


def best_first(members: Sequence[Member], metric: str | None) -> list[Member]:
    """By the metric; then what has another one to be ranked by; then what has none."""

    def rank(member: Member) -> tuple[bool, bool, float, int]:
        return member.metric != metric, member.value is None, -(member.value or 0.0), member.index

    return sorted(members, key=rank)


def natural(value: str | None) -> tuple[bool, float, str]:
    """Sorts numbers by size, and before texts."""
    try:
        return (False, float(value or ""), "")
    except ValueError:
        return (True, 0.0, value or "")
