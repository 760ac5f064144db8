"""The figures of a sweep, from its members and, where these are there, from their run dirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.report.figures.caught_by import Caught, caught_by_chart
from anomalog_exp.report.figures.chart import Chart
from anomalog_exp.report.figures.curves import Curves, overlaid_curves
from anomalog_exp.report.figures.metric_by_key import heat_map, metric_by_key
from anomalog_exp.report.figures.search import (
    history_chart,
    importance_chart,
    metric_by_number,
    numbers_of,
)
from anomalog_exp.report.figures.time_quality import time_quality_chart
from anomalog_exp.report.run_charts import decided_units
from anomalog_exp.results import StoredRun, read_run
from anomalog_exp.results.members import (
    Member,
    is_of_validation,
    is_repeat,
    metric_of,
    swept_keys,
)

__all__ = ["caught_sequences", "sweep_charts"]

_CURVES = 8
_CURVE_POINTS = 250
_UNITS = 50_000_000
"""So many decisions are read at most; of larger sweeps the best members'."""


def sweep_charts(
    members: Sequence[Member],
    caught: Caught | None,
    importance: Mapping[str, float] | None = None,
) -> list[Chart]:
    """Those that the members have figures for, in the order of the page.

    Args:
        members: What the sweep ran.
        caught: What they flag together.
        importance: Of the keys of a search; None where nothing was searched.
    """
    keys, metric = swept_keys(members), metric_of(members)
    charts = []
    if metric is not None:
        ranked = [one for one in members if one.metric == metric and one.value is not None]
        ranked.sort(key=lambda member: -(member.value or 0.0))
        varied = [key for key in keys if not is_repeat(key)]
        if is_of_validation(metric):
            charts.append(history_chart(ranked, metric))
        if importance:
            charts.append(importance_chart(importance, metric))
        charts += [_by_key(ranked, key, keys, metric) for key in varied or keys]
        if (pair := _widest_pair(ranked, varied)) is not None and not is_of_validation(metric):
            charts.append(heat_map(ranked, *pair, metric))
        if curves := _curves(ranked, keys):
            charts.append(overlaid_curves(curves))
        if any(member.seconds is not None for member in ranked):
            charts.append(time_quality_chart(ranked, keys, metric))
    if caught is not None:
        charts.append(caught_by_chart(caught))
    return charts


def _by_key(ranked: Sequence[Member], key: str, keys: Sequence[str], metric: str) -> Chart:
    """Of a search one dot a trial, where it chose many numbers: no two share a value."""
    if is_of_validation(metric) and (numbers := numbers_of(ranked, key)):
        return metric_by_number(ranked, numbers, key, metric)
    return metric_by_key(ranked, key, keys, metric)


def caught_sequences(members: Sequence[Member]) -> Caught | None:
    """What members flag of the test sequences that most of them share; None where no two share any."""
    parts: dict[bytes, list[NDArray[np.bool_]]] = defaultdict(list)
    labels: dict[bytes, NDArray[np.int8]] = {}
    read = 0
    for member in sorted(members, key=lambda member: -(member.value or 0.0)):
        stored = _stored(member)
        if stored is None or read > _UNITS:
            continue
        try:
            part, units = stored.status["data_digest"], stored.scores.sequences
        except (OSError, ValueError):  # it has changed since
            continue
        # The same test part: the same data, as many sequences, with the same labels.
        key = part.encode() + units.label.tobytes()
        labels[key] = units.label
        parts[key].append(units.predicted)
        read += len(units.label)
    if not parts:
        return None
    key, decisions = max(parts.items(), key=lambda item: len(item[1]))
    if len(decisions) < 2:
        return None
    flags = np.zeros(len(labels[key]), dtype=np.int64)
    for predicted in decisions:
        flags += predicted
    return Caught(labels[key], flags, len(decisions))


def _curves(ranked: Sequence[Member], keys: Sequence[str]) -> list[tuple[str, Curves]]:
    """Names and curves of the best members that have any, of each configuration one."""
    varied = [key for key in keys if not is_repeat(key)]
    found: dict[str, Curves] = {}
    for member in ranked:
        if len(found) == _CURVES:
            break
        name = member.name(varied or keys)
        stored = _stored(member)
        if stored is None or name in found:
            continue
        try:
            curves = Curves.of(decided_units(stored), _CURVE_POINTS)
        except (OSError, ValueError):  # it has changed since
            continue
        if curves is not None:
            found[name] = curves
    return list(found.items())


def _stored(member: Member) -> StoredRun | None:
    if member.status != "done" or member.run_dir is None:
        return None
    try:
        return read_run(member.run_dir)
    except FileNotFoundError:
        return None


def _widest_pair(members: Sequence[Member], keys: Sequence[str]) -> tuple[str, str] | None:
    """The two keys with the most pairs of values, where at least two have several."""
    values = {key: {member.settings.get(key) for member in members} for key in keys}
    several = [key for key in keys if len(values[key]) > 1]
    pairs = combinations(several, 2)
    return max(pairs, key=lambda pair: len(values[pair[0]]) * len(values[pair[1]]), default=None)
