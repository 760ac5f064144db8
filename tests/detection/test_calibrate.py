"""Rules that look further than at training scores, through a whole run of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.detection.calibrate import Training
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.sequencing import sequence_set

TEXTS = ["aab", "aab", "xx", "aab", "abb", "bbb", "aab", "bab", "xxx", "aax"]
LABELS = [0, 0, 1, 0, 0, 0, 0, 0, 1, 1]


def summary(*overrides: str, texts=TEXTS, labels=LABELS, tested: int = 4):
    config = composed("model=template_frequency", *overrides).model
    sequences = sequence_set(texts, labels, tested=tested)
    return run_model(config, sequences, progress=SILENT), config, sequences


@pytest.mark.parametrize(("holdout", "held"), [(0.2, [5]), (0.5, [3, 4, 5]), (0.41, [3, 4, 5])])
def test_the_last_normal_training_sequences_calibrate_a_detector_of_the_others(holdout, held):
    found, config, sequences = summary(
        "model/decision=false_positive_rate",
        "model.decision.rate=0.3",
        f"model.decision.holdout={holdout}",
    )
    train = np.flatnonzero(sequences.split == Split.TRAIN)
    others = config.build_detector()
    others.fit(sequences.take(np.setdiff1d(train, held)))
    scores = np.sort(others.score(sequences.take(np.array(held))))
    assert found.threshold == scores[::-1][int(0.3 * len(held))]
    # What is scored comes from a detector of all of them.
    whole = config.build_detector()
    whole.fit(sequences.take(train))
    assert np.array_equal(found.scores, whole.score(sequences.part(Split.TEST)))


def test_nothing_is_left_to_fit_on_where_one_normal_sequence_trains():
    with pytest.raises(NotApplicable, match="needs normal sequences in train to hold some out"):
        summary(
            "model/decision=false_positive_rate", texts=["ab", "x", "ab", "x"],
            labels=[0, 1, 0, 1], tested=2,
        )  # fmt: skip


def test_a_threshold_that_is_given_needs_no_score_of_training():
    config = composed(
        "model=template_frequency", "model/decision=fixed", "model.decision.value=2.5"
    ).model
    training = Training(config, sequence_set(TEXTS, LABELS))
    assert training.sequence_threshold(config.build_detector()).threshold == 2.5
    other = composed("model=template_frequency").model
    with pytest.raises(AttributeError):
        replace(training, config=other).sequence_threshold(other.build_detector())


def test_the_oracle_alone_sees_the_test_labels_and_says_so():
    found, *_ = summary("model/decision=best_f1")
    assert found.oracle
    assert found.model_manifest["oracle"] is True
    assert found.predicted.tolist() == [False, False, True, True]
    flipped, *_ = summary("model/decision=best_f1", labels=LABELS[:6] + [1, 0, 0, 0])
    assert flipped.threshold != found.threshold
    honest, *_ = summary()
    assert not honest.oracle
    assert honest.model_manifest["decision"] == "quantile"
