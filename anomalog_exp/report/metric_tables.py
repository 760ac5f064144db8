"""The metrics of a run as tables of its page: each scope, its figures, and what is read beside them."""

from __future__ import annotations

import math
import sys
from typing import Any

from anomalog_exp.evaluation import MetricBlock, MetricReport
from anomalog_exp.evaluation.block import Recount
from anomalog_exp.metric_terms import Figure, interval_text
from anomalog_exp.report.intervals import headline_intervals

__all__ = ["metric_tables"]

_NAMES: dict[str, str] = {
    Figure.F1: "F1",
    Figure.AUROC: "area under the ROC curve",
    Figure.AVERAGE_PRECISION: "average precision",
    Figure.PRECISION_AT_10: "precision of the 10 highest",
    Figure.PRECISION_AT_100: "precision of the 100 highest",
    Figure.R_PRECISION: "precision of as many as are anomalous",
    Figure.WORKLOAD_90: "findings per 1,000 events to see 90 %",
    Figure.TOP1_MACRO: "top 1, mean over templates",
    Figure.TOP1_WEIGHTED: "top 1, weighted by template",
}
_FIRST = (Figure.F1, Figure.PRECISION, Figure.RECALL, Figure.AUROC, Figure.AVERAGE_PRECISION)


def metric_tables(report: MetricReport) -> list[dict[str, Any]]:
    """The metrics of each scope that was measured, the one that leads first."""
    measured = [report.primary_scope, *(s for s in report.blocks if s != report.primary_scope)]
    blocks = [report.blocks[scope] for scope in measured]
    return [
        {
            "title": str(block.scope).replace("_", " "),
            "leads": block.scope == report.primary_scope,
            "reason": block.reason_in_words,
            "counts": block.counts,
            "figures": _figures(block),
            "beside": _beside(block),
        }
        for block in blocks
        if block.counts is not None
    ]


def _figures(block: MetricBlock) -> list[dict[str, Any]]:
    headline, intervals = block.headline or {}, headline_intervals(block)
    names: list[str] = [name for name in _FIRST if name in headline]
    names += sorted((name for name in headline if name not in names), key=_by_candidates)
    return [
        {
            "name": _NAMES.get(name) or name.replace("_", " "),
            "value": headline[name],
            "interval": intervals.get(name),
        }
        for name in names
    ]


def _by_candidates(name: str) -> tuple[int, str]:
    """`top5` before `top10`, and what has no number behind them."""
    number = name.removeprefix("top")
    return (int(number), "") if number.isdecimal() else (sys.maxsize, name)


def _beside(block: MetricBlock) -> list[tuple[str, str]]:
    """Diagnostics that a reader asks for."""
    one = block.diagnostics
    rows: list[tuple[str, Any]] = [
        ("threshold", one.threshold),
        ("flagged", one.flagged),
        ("false positive rate", one.false_positive_rate),
        ("Matthews correlation", one.mcc),
        ("best F1 of any threshold (an oracle, no result)", one.oracle_best_f1),
        ("distinct test sequences", one.distinct_test_sequences),
        ("share of test sequences seen in training", one.test_share_seen_in_train),
        ("findings to see 90 % of the anomalies", _rounded_up(one.workload_90_findings)),
        ("F1 with equal sequences counted once", _recounted_f1(one.unique)),
        ("F1 by session", _recounted_f1(one.sessions)),
    ]
    return [(name, _beside_text(value)) for name, value in rows if value is not None]


def _beside_text(value: int | float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _rounded_up(value: float | None) -> int | None:
    return None if value is None else math.ceil(value)


def _recounted_f1(recount: Recount | None) -> str | None:
    if recount is None:
        return None
    interval = interval_text(recount.f1_interval_low, recount.f1_interval_high)
    return f"{recount.f1:.4g}" + (f" ({interval})" if interval else "")
