"""What a run of windows shows: every F1 with its interval, ranges, and what a review takes."""

from __future__ import annotations

import math
import re

import pytest

from anomalog_exp.metric_terms import MetricScope
from anomalog_exp.report.run_page import run_page
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.results import StoredRun
from anomalog_exp.tracking.mirror import run_metrics
from tests.reporting import Page, demo, words


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> StoredRun:
    windows = ["sequence=fixed", "sequence.window_size=10", "sequence.step=5", "model=oov"]
    return demo(tmp_path_factory.mktemp("windows"), *windows, "report.page=false")


def test_the_result_in_words_has_ranges_with_the_interval_of_their_f1(stored):
    block = stored.report.blocks[MetricScope.RANGE_LEVEL_DETECTION]
    low, high = block.diagnostics.f1_interval_low, block.diagnostics.f1_interval_high
    said = result_in_words(stored)
    assert (
        f"The anomalous windows make {block.counts.anomalous_ranges} ranges, of which "
        f"{block.counts.caught_ranges} are caught at least in part; F1 over ranges is "
        f"{block.headline['f1']:.3f} (95 % interval {low:.3f} to {high:.3f})."
    ) in said
    assert len(re.findall(r"F1 (?:over ranges )?is 0\.\d+ \(95 % interval", said)) == 2


def test_the_page_has_ranges_the_workload_and_an_interval_beside_each_f1(stored):
    page = words(Page(run_page(stored, library="")).text)
    counts = stored.report.blocks[MetricScope.RANGE_LEVEL_DETECTION].counts
    assert (
        f"Of {counts.anomalous_ranges} ranges labelled anomalous {counts.caught_ranges} are" in page
    )
    diagnostics = stored.report.primary.diagnostics
    findings = math.ceil(diagnostics.workload_90_findings)
    assert f"findings to see 90 % of the anomalies{findings:,}" in page
    unique = diagnostics.unique
    between = f"({unique.f1_interval_low:.3f}-{unique.f1_interval_high:.3f})"
    assert f"F1 with equal sequences counted once{unique.f1:.4g} {between}" in page


def test_mlflow_gets_the_interval_of_every_f1_and_no_more_metrics_than_people_read(stored):
    metrics = run_metrics(stored)
    f1 = {name for name in metrics if name.endswith("f1") and "oracle" not in name}
    assert {"sequence/f1", "sequence/unique_f1", "window/f1", "range/f1"} <= f1
    for name in f1:
        assert metrics[f"{name}_interval_low"] <= metrics[name] <= metrics[f"{name}_interval_high"]
    assert {
        f"sequence/{name}" for name in ("precision_at_10", "r_precision", "workload_90")
    } <= set(metrics)
    assert len(metrics) <= 40
