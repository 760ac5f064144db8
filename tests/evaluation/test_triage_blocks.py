"""What a person need not look at, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection.triage import UNRATED, Triage, TriagedEvents
from anomalog_exp.evaluation.triage_blocks import triage_blocks
from anomalog_exp.metric_terms import MetricScope, MetricStatus

# Three clusters of 25, 4 and 1 of 40 training events; the last one nobody has rated.
TRIAGE = Triage(
    cluster=np.array([0, 0, 0, 1, 1, 2, -1, -1, -2, -3]),
    size=np.array([25, 4, 1]),
    risk=np.array([0.0, 0.5, UNRATED]),
    trained=40,
)
LABELS = np.array([0, 0, 1, 0, 1, 1, 0, 1, 0, -1], dtype=np.int8)


def blocks_of(triage: Triage, labels=LABELS, labels_from="events"):
    events = TriagedEvents(np.arange(len(triage.cluster)), triage)
    return {one.scope: one for one in triage_blocks(events, labels, labels_from=labels_from)}


def test_ten_events_of_a_cluster_are_looked_at_or_as_many_as_it_has():
    block = blocks_of(TRIAGE)[MetricScope.MANUAL_WORKLOAD_REDUCTION]
    # 10 + 4 + 1 of the 30 in clusters are looked at, and the 10 in none.
    assert block.headline == pytest.approx(
        {"workload_reduction": 15 / 40, "reduction_in_clusters": 15 / 30, "coverage": 30 / 40}
    )
    assert (block.counts.units, block.counts.counted, block.counts.abstained) == (40, 30, 10)


def test_events_of_rated_clusters_without_risk_need_nobody():
    block = blocks_of(TRIAGE)[MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION]
    assert block.headline == pytest.approx({"workload_reduction": 3 / 10, "coverage": 5 / 10})
    assert block.counts.excluded == {
        "not_confident": 2, "unknown_event": 1, "nothing_near": 1, "not_rated": 1,
    }  # fmt: skip
    assert block.counts.abstained == sum(block.counts.excluded.values())


def test_the_risk_of_a_cluster_against_the_labels_of_its_events():
    block = blocks_of(TRIAGE)[MetricScope.CLUSTER_LEVEL_TRIAGE]
    # Cluster 0 says 0 of 0, 0, 1; cluster 1 says a half of 0 and of 1.
    assert block.status == MetricStatus.VALID
    assert block.headline == pytest.approx(
        {"accuracy": 2 / 5, "overestimated": 1 / 5, "underestimated": 2 / 5, "purity": 3 / 5,
         "coverage": 5 / 10}
    )  # fmt: skip
    counts = block.counts
    assert (counts.counted, counts.abstained, counts.ignored) == (5, 5, 0)
    assert (counts.normal, counts.anomalous) == (3, 2)


def test_labels_of_entities_are_no_truth_about_single_events():
    block = blocks_of(TRIAGE, labels_from="entities")[MetricScope.CLUSTER_LEVEL_TRIAGE]
    assert block.status == MetricStatus.DIAGNOSTIC_ONLY
    assert "labels are those of entities" in block.reason
    assert block.headline["accuracy"] == 2 / 5


def test_without_clusters_labels_or_events_there_are_no_figures():
    none = Triage(np.array([-1, -2]), np.array([], dtype=np.int64), np.array([]), 40)
    found = blocks_of(none, LABELS[:2])
    assert found[MetricScope.MANUAL_WORKLOAD_REDUCTION].reason == "training makes no cluster"
    assert found[MetricScope.CLUSTER_LEVEL_TRIAGE].status == MetricStatus.NOT_APPLICABLE
    semi = found[MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION]
    assert semi.headline == {"workload_reduction": 0.0, "coverage": 0.0}
    unlabelled = blocks_of(TRIAGE, np.full(10, -1, dtype=np.int8))
    assert unlabelled[MetricScope.CLUSTER_LEVEL_TRIAGE].headline is None
    nothing = Triage(TRIAGE.cluster[:0], TRIAGE.size, TRIAGE.risk, 40)
    semi = blocks_of(nothing, LABELS[:0])[MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION]
    assert semi.reason == "no event is judged"
