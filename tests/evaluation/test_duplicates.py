from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.evaluation.block import Diagnostics, Recount
from anomalog_exp.evaluation.duplicates import with_duplicates
from anomalog_exp.evaluation.metrics import Confusion, f1_interval
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.sequencing import sequence_set
from tests.summaries import summary_of

TEXTS = ["ab", "cd", "ab", *["ab", "ab", "xy", "xy", "zz", "cd", "q"]]
LABELS = [0, 1, 0, *[0, 0, 1, 0, 1, 1, -1]]
SCORES = [0.1, 0.1, 0.9, 0.9, 0.8, 0.2, 0.99]


def diagnosed(sequences: SequenceSet, scores=SCORES, samples=0) -> Diagnostics:
    summary, resampling = summary_of(sequences, scores), Resampling(samples, seed=1)
    return with_duplicates(Diagnostics(flagged=4), sequences, summary, resampling)


def test_contents_with_their_labels_count_once():
    diagnostics = diagnosed(sequence_set(TEXTS, LABELS, tested=7))
    assert diagnostics.flagged == 4
    # ab, ab and cd occur in training: 3 of 7. Distinct: ab, xy, zz, cd, q.
    assert diagnostics.test_share_seen_in_train == 3 / 7
    assert diagnostics.distinct_test_sequences == 5
    # Once each: ab 0, xy 1 flagged, xy 0 flagged, zz 1 flagged, cd 1; q has no label.
    assert diagnostics.unique == Recount(
        counted=5,
        precision=pytest.approx(2 / 3),
        recall=pytest.approx(2 / 3),
        f1=pytest.approx(2 / 3),
        accuracy=3 / 5,
        coverage=1.0,
    )


def test_the_interval_is_that_of_the_decisions_that_count_once():
    unique = diagnosed(sequence_set(TEXTS, LABELS, tested=7), samples=100).unique
    interval = (unique.f1_interval_low, unique.f1_interval_high)
    assert interval == f1_interval(Confusion(tp=2, fp=1, fn=1, tn=1), 100, seed=1)


@pytest.mark.parametrize("part", [Split.IGNORED, Split.VALIDATION])
def test_seen_in_training_is_what_trained_and_nothing_else(part):
    sequences = sequence_set(TEXTS, LABELS, tested=7)
    sequences.split[1] = part  # the one that held cd
    diagnostics = diagnosed(sequences)
    assert diagnostics.test_share_seen_in_train == 2 / 7
    assert diagnostics.distinct_test_sequences == 5


def test_without_labels_of_both_classes_nothing_is_counted_again():
    diagnostics = diagnosed(sequence_set(TEXTS, [0] * len(TEXTS), tested=7))
    assert diagnostics.unique is None
    assert diagnostics.distinct_test_sequences == 5


def test_an_empty_test_part_has_no_duplicates():
    sequences = sequence_set(TEXTS, LABELS)
    assert diagnosed(sequences, scores=np.array([])) == Diagnostics(flagged=4)
