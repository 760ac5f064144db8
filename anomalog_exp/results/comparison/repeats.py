"""Runs that differ in nothing but seeds and offsets, as one row: the median, and the range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anomalog_exp.options.fingerprint import canonical_json
from anomalog_exp.results.comparison.formats import Section
from anomalog_exp.results.comparison.runs import ComparedRun
from anomalog_exp.results.flat import flat
from anomalog_exp.results.members import is_repeat
from anomalog_exp.results.summaries import Figures

__all__ = ["repeats"]


def repeats(runs: Sequence[ComparedRun], metrics: Sequence[str]) -> list[Section]:
    """One section with a row for each configuration of several runs; none where nothing repeats one.

    Args:
        runs: All that are compared.
        metrics: Headline figures to show.
    """
    groups: dict[str, list[ComparedRun]] = {}
    for run in runs:
        rest = {key: value for key, value in _identity(run).items() if not is_repeat(key)}
        groups.setdefault(canonical_json(rest), []).append(run)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return []
    over = dict.fromkeys(key for group in several for key in _differing(group))
    columns = ["runs", *metrics]
    rows = [_row(group, metrics) for group in several]
    return [Section(f"Median (and range) over {', '.join(over)}", columns, rows)]


def _identity(run: ComparedRun) -> dict[str, Any]:
    """What a result rests on: config, data, code."""
    status = run.status
    digests = {name: status[name] for name in ("data_digest", "code_digest")}
    return flat(run.config.identity()) | digests


def _differing(group: Sequence[ComparedRun]) -> list[str]:
    """The seeds and offsets that are not the same in all of them; without one, an offset is 0."""
    configs = [_identity(run) for run in group]
    keys = dict.fromkeys(key for one in configs for key in one)
    return [key for key in keys if any(one.get(key) != configs[0].get(key) for one in configs)]


def _row(group: Sequence[ComparedRun], metrics: Sequence[str]) -> dict[str, str]:
    row = {"runs": ", ".join(run.title for run in group)}
    headlines = [run.report.primary.headline or {} for run in group]
    for metric in metrics:
        values = tuple(figures[metric] for figures in headlines if metric in figures)
        if values:
            row[metric] = Figures(values).shown("median")
    return row
