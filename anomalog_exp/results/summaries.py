"""Members of a sweep that repeat one configuration, such as seeds, as one row with mean and spread."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from anomalog_exp.results.members import Member, shown_metrics

__all__ = ["Figures", "Repeated", "Summary", "repeated", "summary_rows", "summary_table_rows"]

Summary = Literal["mean", "median"]
"""What stands for the repeats: mean and sample standard deviation, or median and range."""


@dataclass(frozen=True)
class Figures:
    """What the repeats of one configuration reached in one metric.

    Attributes:
        values: (repeats with the metric,) one each, at least one.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation, by one less than the number of values; None of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def shown(self, summary: Summary) -> str:
        """`0.9100 ± 0.0200`, or `0.9100 (0.8900 to 0.9300)`."""
        if summary == "median":
            return f"{self.median:.4f} ({min(self.values):.4f} to {max(self.values):.4f})"
        spread = "" if self.deviation is None else f" ± {self.deviation:.4f}"
        return f"{self.mean:.4f}{spread}"


@dataclass(frozen=True)
class Repeated:
    """One configuration and its repeats.

    Attributes:
        settings: Values of the keys that are not repeats, in the order of the command; None where a
            member was not told one.
        members: Its repeats.
    """

    settings: dict[str, str | None]
    members: tuple[Member, ...]

    @property
    def done(self) -> int:
        """How many repeats have a result."""
        return sum(member.status == "done" for member in self.members)

    @property
    def all_equal(self) -> bool:
        """All of several repeats have the same metrics: nothing in them depends on what is repeated."""
        with_metrics = [member.metrics for member in self.members if member.metrics]
        return len(with_metrics) > 1 and all(one == with_metrics[0] for one in with_metrics)

    def figures(self, metric: str) -> Figures | None:
        """What the repeats reached; None where none has the metric."""
        values = tuple(one.metrics[metric] for one in self.members if metric in one.metrics)
        return Figures(values) if values else None

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return self.members[0].name(list(self.settings))


def repeated(members: Sequence[Member], keys: Sequence[str], over: Sequence[str]) -> list[Repeated]:
    """The configurations of a sweep, best mean of the metric that they are ranked by first.

    Args:
        members: All members.
        keys: What the sweep varies.
        over: Those of the keys whose values repeat a configuration.
    """
    rest = [key for key in keys if key not in over]
    groups: dict[tuple[str | None, ...], list[Member]] = {}
    for member in members:
        groups.setdefault(tuple(member.settings.get(key) for key in rest), []).append(member)
    found = [
        Repeated(dict(zip(rest, values, strict=True)), tuple(group))
        for values, group in groups.items()
    ]
    return sorted(found, key=_worst_last)


def summary_table_rows(
    configurations: Sequence[Repeated], summary: Summary
) -> list[dict[str, Any]]:
    """Rows for people: the configuration, how many of its repeats have a result, metrics as text."""
    metrics = _metrics(configurations)
    return [
        {
            **one.settings,
            "done": f"{one.done} of {len(one.members)}",
            **{name: figures.shown(summary) for name, figures in _figures(one, metrics)},
        }
        for one in configurations
    ]


def summary_rows(configurations: Sequence[Repeated]) -> list[dict[str, Any]]:
    """Rows for programs: of each metric `_mean`, `_std`, `_median`, `_min` and `_max`."""
    metrics = _metrics(configurations)
    return [
        {
            **one.settings,
            "members": len(one.members),
            "done": one.done,
            **{
                f"{name}_{what}": value
                for name, figures in _figures(one, metrics)
                for what, value in _all_of(figures)
            },
            "all_equal": one.all_equal,
        }
        for one in configurations
    ]


def _all_of(figures: Figures) -> Iterator[tuple[str, float | None]]:
    yield "mean", figures.mean
    yield "std", figures.deviation
    yield "median", figures.median
    yield "min", min(figures.values)
    yield "max", max(figures.values)


def _figures(one: Repeated, metrics: Sequence[str]) -> Iterator[tuple[str, Figures]]:
    for name in metrics:
        if (figures := one.figures(name)) is not None:
            yield name, figures


def _metrics(configurations: Sequence[Repeated]) -> list[str]:
    return shown_metrics([member for one in configurations for member in one.members])


def _worst_last(one: Repeated) -> tuple[bool, float]:
    ranked = [member.value for member in one.members if member.value is not None]
    return not ranked, -statistics.fmean(ranked) if ranked else 0.0
