"""The decision about every test sequence, as Parquet and as JSON lines.

One row per test sequence, in order: `sequence`, `entity` (null where events of several are mixed),
`line_ranges` (zero-based raw lines, first and last of each run of neighbours), `events`,
`first_time_ms` and `last_time_ms` (null without times), `label` (null where unlabelled), `score`,
`predicted`, and `explanation`: evidence with its weight, strongest first, for sequences predicted
anomalous and for the hundred highest scores; empty for the others. Where a detector may abstain,
`abstained` follows `predicted`, which is false where it does. Detectors that judge single events
also leave `event_predictions.parquet`, one row per judged event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import NO_ENTITY, NO_TIME, UNLABELLED, LogDataset
from anomalog_exp.detection.outcome import EventScores
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.files import replaced
from anomalog_exp.results.paths import ResultPaths

if TYPE_CHECKING:
    import polars as pl

__all__ = ["prediction_table", "write_predictions"]

_TOP_SCORES = 100
_EVIDENCE = 3


def write_predictions(paths: ResultPaths, summary: ModelRunSummary) -> None:
    """Write the files; that of events only where events were judged."""
    table = prediction_table(summary)
    with replaced(paths.predictions_path) as temporary:
        table.write_parquet(temporary)
    with replaced(paths.predictions_jsonl_path) as temporary:
        table.write_ndjson(temporary)
    if summary.events is not None:
        with replaced(paths.event_predictions_path) as temporary:
            event_table(summary.events, summary.test.dataset).write_parquet(temporary)


def event_table(events: EventScores, dataset: LogDataset) -> pl.DataFrame:
    """One row per judged event, in line order: line, time_ms, template, label, score, predicted."""
    import polars as pl

    templates = pl.Series(dataset.templates, dtype=pl.String)
    return pl.DataFrame(
        {
            "line": dataset.line[events.rows],
            "time_ms": pl.Series(dataset.time_ms[events.rows]).replace(NO_TIME, None),
            "template": templates.gather(dataset.template[events.rows]),
            "label": pl.Series(dataset.label[events.rows], dtype=pl.Int8).replace(UNLABELLED, None),
            "score": events.scores,
            "predicted": events.predicted,
            **_abstained(events.abstained),
        }
    )


def prediction_table(summary: ModelRunSummary) -> pl.DataFrame:
    """The rows that the head of this file describes."""
    import polars as pl

    test, dataset = summary.test, summary.test.dataset
    entity = pl.Series(test.entity).replace(NO_ENTITY, None)
    labels = pl.Series(test.label, dtype=pl.Int8)
    return pl.DataFrame(
        {
            "sequence": np.arange(len(test)),
            "entity": dataset.entities.gather(entity),
            "line_ranges": _line_ranges(summary),
            "events": test.lengths,
            **_times(summary),
            "label": labels.replace(-1, None),
            "score": summary.scores,
            "predicted": summary.predicted,
            **_abstained(summary.abstained),
            "explanation": _explanations(summary),
        }
    )


def _abstained(abstained: NDArray[np.bool_] | None) -> dict[str, NDArray[np.bool_]]:
    """The column of detectors that may abstain."""
    return {} if abstained is None else {"abstained": abstained}


def _line_ranges(summary: ModelRunSummary) -> pl.Series:
    import polars as pl

    test = summary.test
    owner = np.repeat(np.arange(len(test)), test.lengths)
    line = test.dataset.line[test.rows]
    kind = pl.List(pl.List(pl.Int64))
    if not len(line):
        return pl.Series([[]] * len(test), dtype=kind)
    first = np.ones(len(line), dtype=bool)
    first[1:] = (np.diff(line) != 1) | (np.diff(owner) != 0)
    begin = np.flatnonzero(first)
    end = np.append(begin[1:], len(line)) - 1
    runs = pl.DataFrame(
        {"owner": owner[begin], "range": np.stack([line[begin], line[end]], axis=1)}
    )
    grouped = runs.group_by("owner", maintain_order=True).agg("range")
    whole = pl.DataFrame({"owner": np.arange(len(test))})
    joined = whole.join(grouped, on="owner", how="left", maintain_order="left")
    return joined["range"].cast(kind)


def _times(summary: ModelRunSummary) -> dict[str, pl.Series]:
    import polars as pl

    test = summary.test
    filled = test.lengths > 0
    times = {}
    for name, place in (
        ("first_time_ms", test.offsets[:-1]),
        ("last_time_ms", test.offsets[1:] - 1),
    ):
        values = np.full(len(test), NO_TIME)
        values[filled] = test.dataset.time_ms[test.rows[place[filled]]]
        times[name] = pl.Series(values).replace(NO_TIME, None)
    return times


def _explanations(summary: ModelRunSummary) -> pl.Series:
    import polars as pl

    highest = np.argsort(-summary.scores, kind="stable")[:_TOP_SCORES]
    chosen = np.union1d(np.flatnonzero(summary.predicted), highest)
    rows: list[list[dict[str, str | float]]] = [[] for _ in range(len(summary.test))]
    for sequence, evidence in zip(chosen.tolist(), summary.explain(chosen, _EVIDENCE), strict=True):
        rows[sequence] = [{"evidence": text, "weight": weight} for text, weight in evidence]
    kind = pl.List(pl.Struct({"evidence": pl.String, "weight": pl.Float64}))
    return pl.Series(rows, dtype=kind)
