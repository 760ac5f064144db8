"""The blocks of triage: what a person need not look at, and how true the risk of clusters is.

The two modes are those of DeepCASE (van Ede et al., IEEE S&P 2022). In manual mode, a person rates each
cluster of training events by a few of them, and looks at every event that is in none. In semi-automatic
mode, a later event that falls into a rated cluster has its risk. Deviations: a cluster with fewer events
than are looked at costs no more than it has; and an event whose cluster has any risk is an alarm, at
which a person looks.
"""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.triage import UNRATED, NoCluster, Triage, TriagedEvents
from anomalog_exp.evaluation.block import ClassCounts, MetricBlock, PredictionCounts
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus

__all__ = ["LOOKED_AT", "triage_blocks"]

LOOKED_AT: Final = 10
"""Events of a cluster that a person looks at to rate it, as in the paper."""

_OF_ENTITIES = "the labels are those of entities, and not every event of an anomalous one is one"


def triage_blocks(
    triaged: TriagedEvents, label: NDArray[np.int8], *, labels_from: Literal["events", "entities"]
) -> list[MetricBlock]:
    """The three blocks.

    Args:
        triaged: The clusters of events that are evaluated.
        label: (rows,) int8 the label of each dataset row.
        labels_from: What the labels are of.
    """
    triage = triaged.triage
    return [
        _manual(triage),
        _semi_automatic(triage),
        _risk(triage, label[triaged.rows], labels_from),
    ]


def _manual(triage: Triage) -> MetricBlock:
    """Training events that need not be looked at, where clusters are rated by a few of them."""
    clustered = int(triage.size.sum())
    alone = triage.trained - clustered
    block = partial(
        MetricBlock,
        scope=MetricScope.MANUAL_WORKLOAD_REDUCTION,
        prediction_unit=EvaluationUnit.CLUSTER,
        counts=PredictionCounts(
            units=triage.trained,
            counted=clustered,
            abstained=alone,
            ignored=0,
            excluded={"in_no_cluster": alone},
        ),
    )
    if not clustered:
        return block(status=MetricStatus.NOT_APPLICABLE, reason="training makes no cluster")
    spared = clustered - int(np.minimum(triage.size, LOOKED_AT).sum())
    return block(
        status=MetricStatus.VALID,
        reason=None,
        headline={
            Figure.WORKLOAD_REDUCTION: spared / triage.trained,
            Figure.REDUCTION_IN_CLUSTERS: spared / clustered,
            Figure.COVERAGE: clustered / triage.trained,
        },
    )


def _semi_automatic(triage: Triage) -> MetricBlock:
    """Judged events that need not be looked at: those of rated clusters without risk."""
    risk = _risks(triage)
    rated, units = risk != UNRATED, len(risk)
    excluded = {reason.name.lower(): int((triage.cluster == reason).sum()) for reason in NoCluster}
    excluded["not_rated"] = int(((triage.cluster >= 0) & ~rated).sum())
    block = partial(
        MetricBlock,
        scope=MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION,
        prediction_unit=EvaluationUnit.EVENT,
        counts=PredictionCounts(
            units=units,
            counted=int(rated.sum()),
            abstained=units - int(rated.sum()),
            ignored=0,
            excluded=excluded,
        ),
    )
    if not units:
        return block(status=MetricStatus.NOT_APPLICABLE, reason="no event is judged")
    return block(
        status=MetricStatus.VALID,
        reason=None,
        headline={
            Figure.WORKLOAD_REDUCTION: float((risk == 0).mean()),
            Figure.COVERAGE: float(rated.mean()),
        },
    )


def _risk(
    triage: Triage, label: NDArray[np.int8], labels_from: Literal["events", "entities"]
) -> MetricBlock:
    """How far the risk of clusters is that of the judged events that fall into them."""
    risk = _risks(triage)
    rated = risk != UNRATED
    counted = rated & (label >= 0)
    truth, risk = label[counted], risk[counted]
    by_entity = labels_from == "entities"
    block = partial(
        MetricBlock,
        scope=MetricScope.CLUSTER_LEVEL_TRIAGE,
        prediction_unit=EvaluationUnit.EVENT,
        label_unit=EvaluationUnit.SEQUENCE if by_entity else EvaluationUnit.EVENT,
        aggregation="any_entity" if by_entity else "none",
        counts=ClassCounts(
            units=len(rated),
            counted=len(truth),
            abstained=int((~rated).sum()),
            ignored=int((rated & ~counted).sum()),
            normal=int((truth == 0).sum()),
            anomalous=int((truth == 1).sum()),
        ),
    )
    if not len(truth):
        return block(
            status=MetricStatus.NOT_APPLICABLE,
            reason="no judged event in a rated cluster is labelled",
        )
    by_cluster = np.zeros((len(triage.size), 2), dtype=np.int64)
    np.add.at(by_cluster, (triage.cluster[counted], truth), 1)
    return block(
        status=MetricStatus.DIAGNOSTIC_ONLY if by_entity else MetricStatus.VALID,
        reason=_OF_ENTITIES if by_entity else None,
        headline={
            Figure.ACCURACY: float((risk == truth).mean()),
            Figure.OVERESTIMATED: float((risk > truth).mean()),
            Figure.UNDERESTIMATED: float((risk < truth).mean()),
            Figure.PURITY: float(by_cluster.max(axis=1).sum() / len(truth)),
            Figure.COVERAGE: float(rated.mean()),
        },
    )


def _risks(triage: Triage) -> NDArray[np.float64]:
    """(events,) the risk of each event's cluster; `UNRATED` without one."""
    return np.append(triage.risk, UNRATED)[np.maximum(triage.cluster, -1)]
