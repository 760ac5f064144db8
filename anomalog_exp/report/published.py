"""Published figures beside those of our runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any, Self

from anomalog_exp.config.published import Published, PublishedFigure
from anomalog_exp.evaluation import MetricReport
from anomalog_exp.metric_terms import Figure
from anomalog_exp.report.intervals import headline_intervals
from anomalog_exp.results import StoredRun

__all__ = ["Beside", "Ours", "beside", "by_source"]


@dataclass(frozen=True)
class Ours:
    """What our runs came to.

    Attributes:
        f1: Of the one run; the median of several.
        low: Lower end of its 95 % interval, where it was measured; the lowest of several runs.
        high: The upper end; the highest of several runs.
        runs: How many there are.
        oracle: A threshold has seen the test labels.
    """

    f1: float
    low: float | None
    high: float | None
    runs: int
    oracle: bool

    @classmethod
    def of(cls, reports: Sequence[MetricReport]) -> Self | None:
        """None where no run has an F1."""
        found = [one for one in reports if Figure.F1 in (one.primary.headline or {})]
        if not found:
            return None
        values = [(one.primary.headline or {})[Figure.F1] for one in found]
        oracle = any(one.task.decision.oracle for one in found)
        if len(values) == 1:
            low, high = headline_intervals(found[0].primary).get(Figure.F1, (None, None))
        else:
            low, high = min(values), max(values)
        return cls(median(values), low, high, len(values), oracle)

    def __str__(self) -> str:
        """As tables show it: `0.914 [0.889, 0.936]`."""
        between = "" if self.low is None else f" [{self.low:.3f}, {self.high:.3f}]"
        times = f", {self.runs} runs" if self.runs > 1 else ""
        return f"{self.f1:.3f}{between}{times}{', oracle' if self.oracle else ''}"


@dataclass(frozen=True)
class Beside:
    """A published figure, and ours.

    Attributes:
        published: The source.
        figure: What it says of a method.
        ours: What our runs of the same came to; None where there are none, or none with an F1.
    """

    published: Published
    figure: PublishedFigure
    ours: Ours | None

    @property
    def theirs(self) -> str:
        """As tables show it: `0.577 [0.100, 0.900]`, `0.426 P 0.270 R 0.988`."""
        one = self.figure
        parts = [] if one.f1 is None else [f"{one.f1:.3f}"]
        if one.f1_low is not None and one.f1_high is not None:
            parts.append(f"[{one.f1_low:.3f}, {one.f1_high:.3f}]")
        parts += [
            f"{name} {value:.3f}"
            for name, value in (("P", one.precision), ("R", one.recall))
            if value is not None
        ]
        return " ".join(parts) + (", oracle" if self.published.oracle else "")

    @property
    def ours_shown(self) -> str:
        """As tables show it, or why there is nothing."""
        if self.ours is None:
            return "not run here" if self.figure.run else "no such detector"
        return str(self.ours)

    @property
    def settings(self) -> str:
        """What runs stand beside it, as it is typed."""
        return " ".join(f"{key}={value}" for key, value in (self.figure.run or {}).items())


def beside(published: Sequence[Published], runs: Iterable[StoredRun]) -> list[Beside]:
    """Every figure with what our runs came to, in the order of the file.

    Args:
        published: Of an experiment.
        runs: Runs of it that are done.
    """
    # Each file of a run is read and compared with its digest when it is asked for: once is enough.
    known = [(run.config.model_dump(mode="json"), run.report) for run in runs]
    return [
        Beside(source, figure, Ours.of(list(_like(source, figure, known))))
        for source in published
        for figure in source.figures
    ]


def by_source(rows: Iterable[Beside]) -> list[tuple[Published, list[Beside]]]:
    """The rows of each source, in their order."""
    return [(source, list(own)) for source, own in groupby(rows, key=lambda row: row.published)]


def _like(
    source: Published,
    figure: PublishedFigure,
    known: Sequence[tuple[Mapping[str, Any], MetricReport]],
) -> Iterator[MetricReport]:
    """The reports of runs with the values of the figure, and a threshold that may know as much."""
    for config, report in known:
        asked = figure.run or {}
        same = bool(asked) and all(_value(config, key) == value for key, value in asked.items())
        if same and report.task.decision.oracle == source.oracle:
            yield report


def _value(config: Mapping[str, Any], key: str) -> object:
    """The value at a key as it is typed; of a group its option's name."""
    value: Any = config
    for part in re.split(r"[./]", key):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value.get("name") if isinstance(value, Mapping) else value
