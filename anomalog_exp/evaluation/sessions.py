"""How sessions fare where sequences are windows of sessions: one flagged window flags the session."""

from __future__ import annotations

import numpy as np

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.scores import decided
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.evaluation.block import Recount
from anomalog_exp.evaluation.detection_block import recounted
from anomalog_exp.evaluation.resampling import Resampling

__all__ = ["recounted_by_session"]


def recounted_by_session(summary: ModelRunSummary, resampling: Resampling) -> Recount | None:
    """The decisions by session, which is anomalous if any of its windows is, and decided likewise.

    None where sequences are no windows of sessions, or where all sessions are of one class.
    """
    entity = summary.test.entity
    if not len(entity) or (entity < 0).any():
        return None
    sessions, group = np.unique(entity, return_inverse=True)
    if len(sessions) == len(entity):
        return None
    label = np.full(len(sessions), UNLABELLED, dtype=np.int8)
    np.maximum.at(label, group, summary.test.label)
    predicted = np.zeros(len(sessions), dtype=bool)
    np.logical_or.at(predicted, group, summary.predicted)
    answered = np.zeros(len(sessions), dtype=bool)
    np.logical_or.at(answered, group, decided(summary.abstained, len(entity)))
    counted = (label >= 0) & answered
    return recounted(
        label[counted] == 1,
        predicted[counted],
        labelled=int((label >= 0).sum()),
        resampling=resampling,
    )
