from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection.outcome import NextEvents
from anomalog_exp.evaluation.block import PredictionCounts
from anomalog_exp.evaluation.next_event import next_event_block
from anomalog_exp.metric_terms import Figure, MetricStatus

PREDICTED = NextEvents(
    rows=np.array([0, 1, 2, 3, 4, 5]),
    rank=np.array([-1, 0, 3, 0, 7, 1]),
    known=np.array([True, True, True, False]),
)
FOLLOWED = np.array([0, 0, 1, 1, 3, 2], dtype=np.int32)
ROW_LABELS = np.array([0, 0, 0, 1, 0, -1], dtype=np.int8)


@pytest.mark.parametrize(
    ("vocabulary", "counted", "unseen", "top1", "top2", "macro", "size"),
    # full: rows 1 (hit), 2 (rank 3), 4 (unseen: a miss), 5 (rank 1); train leaves row 4 out.
    [("full", 4, 0, 1 / 4, 2 / 4, 1 / 4, 4), ("train", 3, 1, 1 / 3, 2 / 3, 1 / 3, 3)],
)
def test_exclusions_and_vocabularies(vocabulary, counted, unseen, top1, top2, macro, size):
    block = next_event_block(
        PREDICTED, template=FOLLOWED, label=ROW_LABELS, vocabulary=vocabulary, top_k=(1, 2)
    )
    excluded = {"no_history": 1, "labelled_anomalous": 1, "unseen_in_training": unseen}
    assert block.counts == PredictionCounts(
        units=6, counted=counted, abstained=0, ignored=6 - counted, excluded=excluded
    )
    assert block.headline == pytest.approx(
        {"top1": top1, "top2": top2, "top1_macro": macro, "top1_weighted": top1}
    )
    assert (block.diagnostics.vocabulary, block.diagnostics.vocabulary_size) == (vocabulary, size)
    assert block.diagnostics.flagged is None


def test_nothing_left_to_predict_is_not_applicable():
    block = next_event_block(
        PREDICTED, template=FOLLOWED, label=np.ones(6, dtype=np.int8), vocabulary="full", top_k=(1,)
    )
    assert (block.status, block.headline) == (MetricStatus.NOT_APPLICABLE, None)
    assert block.reason == "no event is left to predict"


def test_macro_counts_every_template_once():
    predicted = NextEvents(np.arange(4), np.array([0, 0, 0, 5]), np.array([True, True]))
    block = next_event_block(
        predicted,
        template=np.array([0, 0, 0, 1], dtype=np.int32),
        label=np.zeros(4, dtype=np.int8),
        vocabulary="full",
        top_k=(1,),
    )
    assert block.headline[Figure.TOP1_WEIGHTED] == 0.75
    assert block.headline[Figure.TOP1_MACRO] == 0.5
