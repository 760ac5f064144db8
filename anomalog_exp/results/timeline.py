"""Counts over time: events by template, and what was judged, flagged and labelled anomalous.

The whole of the log is cut into at most 200 bins of one natural width, such as 10 s or 6 h. A sequence
counts in the bin of its first event, a judged event in its own. What has no time counts in no bin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["BINS", "bin_width", "timeline"]

BINS = 200
"""At most so many bins."""

_TEMPLATES = 10
_TEXT_LENGTH = 300
_CHUNK = 1 << 20
_S = 1000
_MIN, _H, _DAY = 60 * _S, 3600 * _S, 86400 * _S
_WIDTHS = (
    *(n for power in (1, 10, 100) for n in (power, 2 * power, 5 * power)),
    *(n * _S for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MIN for n in (1, 2, 5, 10, 15, 30)),
    *(n * _H for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 28, 91, 182, 364, 728, 1820, 3640)),
)
"""Widths of bins in milliseconds that a person can read."""


def timeline(sequences: SequenceSet, summary: ModelRunSummary) -> dict[str, Any] | None:
    """What `timeline.json` holds, JSON-ready; None for a log without times.

    `start_ms` and `bin_ms` place the bins; `rows` holds the events of each, `templates` those of the
    ten most frequent templates and, with the text null, of all others; `sequences` and, where events
    are judged, `events` hold `judged`, `flagged` and `anomalous`.
    """
    time_ms = sequences.dataset.time_ms
    span = _span(time_ms)
    if span is None:
        return None
    first, last = span
    width = bin_width(first, last)
    start = first // width * width
    bins = (last - start) // width + 1

    def place(times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bin of each time; -1 without one."""
        return np.where(times == NO_TIME, -1, (times - start) // width)

    by_template = _by_template(sequences, place, bins)
    counts: dict[str, Any] = {
        "start_ms": start,
        "bin_ms": width,
        "rows": np.sum([one["rows"] for one in by_template], axis=0).tolist(),
        "templates": by_template,
        "sequences": _verdicts(
            place(_first_times(summary.test)), summary.predicted, summary.test.label, bins
        ),
    }
    if (judged := summary.events) is not None:
        label = np.asarray(sequences.dataset.label)[judged.rows]
        counts["events"] = _verdicts(place(time_ms[judged.rows]), judged.predicted, label, bins)
    return counts


def bin_width(first: int, last: int) -> int:
    """The narrowest natural width, in milliseconds, that makes at most `BINS` bins of a span.

    Examples:
        >>> bin_width(0, 199), bin_width(0, 200), bin_width(0, 3_600_000)
        (1, 2, 30000)
    """
    fitting = (w for w in _WIDTHS if last // w - first // w < BINS)
    return next(fitting, (last - first) // (BINS - 1) + 1)


def _span(time_ms: NDArray[np.int64]) -> tuple[int, int] | None:
    """First and last time; None without any."""
    ends: list[int] = []
    for begin in range(0, len(time_ms), _CHUNK):
        times = time_ms[begin : begin + _CHUNK]
        times = times[times != NO_TIME]
        if len(times):
            ends += [int(times.min()), int(times.max())]
    return (min(ends), max(ends)) if ends else None


def _by_template(sequences: SequenceSet, place: Any, bins: int) -> list[dict[str, Any]]:
    """Events by bin of the most frequent templates, and of all others where there are any."""
    dataset = sequences.dataset
    frequency = scratch.counted(dataset.template, len(dataset.templates))
    shown = np.argsort(-frequency, kind="stable")[:_TEMPLATES]
    kinds = len(shown) + 1
    kind = np.full(len(dataset.templates), len(shown))
    kind[shown] = np.arange(len(shown))
    counts = np.zeros(bins * kinds, dtype=np.int64)
    for begin in range(0, dataset.n_events, _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        where = place(dataset.time_ms[chunk])
        cell = where * kinds + kind[dataset.template[chunk]]
        counts += np.bincount(cell[where >= 0], minlength=bins * kinds)
    rows = counts.reshape(bins, kinds).T.tolist()
    texts = [dataset.templates[code][:_TEXT_LENGTH] for code in shown.tolist()]
    whole = [{"text": text, "rows": one} for text, one in zip(texts, rows, strict=False)]
    return [*whole, {"text": None, "rows": rows[-1]}] if any(rows[-1]) else whole


def _first_times(test: SequenceSet) -> NDArray[np.int64]:
    """(sequences,) time of each one's first event; `NO_TIME` where it has no events."""
    times = np.full(len(test), NO_TIME, dtype=np.int64)
    filled = test.lengths > 0
    times[filled] = test.dataset.time_ms[test.order[test.start[filled]]]
    return times


def _verdicts(
    where: NDArray[np.int64], predicted: NDArray[np.bool_], label: NDArray[np.int8], bins: int
) -> dict[str, list[int]]:
    kinds = {
        "judged": np.ones(len(where), dtype=bool),
        "flagged": predicted,
        "anomalous": label == 1,
    }
    return {
        name: np.bincount(where[chosen & (where >= 0)], minlength=bins).tolist()
        for name, chosen in kinds.items()
    }
