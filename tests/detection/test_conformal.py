"""The conformal rule keeps what it promises, and says what that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from anomalog_exp.detection.calibrate import Training
from anomalog_exp.detection.decision import DecisionConfig
from anomalog_exp.detection.left_out import folds_left_out
from anomalog_exp.detection.rule import Calibration, LeftOut
from anomalog_exp.detection.scores import sequence_scores
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.coverage import any_overlap
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.detectors import model_config
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.sequencing import rows_of, sequence_set


def rule(rate: float, folds: int = 10):
    options = {"name": "conformal", "rate": rate, "folds": folds}
    return TypeAdapter(DecisionConfig).validate_python(options)


def known(scores, way="others", monotone=True) -> Calibration:
    def unasked(*_: object) -> tuple:
        raise AssertionError("this rule must not look here")

    left_out = LeftOut(np.array(scores, dtype=float), way, monotone)
    part = "validation" if way == "validation" else "training"
    return Calibration(unasked, False, None, unasked, lambda _: left_out, unasked, part)


@pytest.mark.parametrize(
    ("rate", "wanted"), [(0.01, 19.0), (0.05, 19.0), (0.099, 19.0), (0.1, 18.0), (0.5, 10.0)]
)
def test_of_one_more_than_the_scores_at_most_the_rate_lies_above(rate, wanted):
    # Of 20 units, 0.05 is one and 0.1 are two: the new one and none, or one, of the 19.
    assert rule(rate).threshold(known(range(1, 20))) == wanted


@pytest.mark.parametrize(("count", "rate"), [(9, 0.01), (19, 0.05), (50, 0.05), (199, 0.02)])
def test_the_rate_of_false_alarms_over_many_draws_is_the_promised_one(count, rate):
    random = np.random.default_rng(count)
    # A new score of this distribution is above a threshold with the chance 1 - threshold.
    chance = [1 - rule(rate).threshold(known(random.random(count))) for _ in range(800)]
    promised = max(1, int(rate * (count + 1) + 1e-9)) / (count + 1)
    # The nearest rates that another rank would give are 1 / (count + 1) away.
    off = np.mean(chance) - promised
    assert abs(off) < 5 * np.std(chance) / np.sqrt(len(chance)) < 1 / (count + 1) / 2


TEXTS = st.lists(st.text("abc", min_size=1, max_size=6), min_size=3, max_size=12)


@pytest.mark.parametrize("folds", [None, 2, 3])
@pytest.mark.parametrize("name", ["edit_distance", "event_count_vector", "ngram"])
@settings(max_examples=10, deadline=None)
@given(texts=TEXTS, rate=st.sampled_from([0.01, 0.2, 0.34, 0.5]))
def test_of_some_sequences_each_judged_by_the_others_at_most_the_rate_is_flagged(
    name, folds, texts, rate
):
    flagged = judged_by_others(name, texts, rate, folds)
    assert flagged <= max(1, int(rate * len(texts)))


def judged_by_others(name, texts, rate, folds):
    """How many sequences are flagged by a detector of all others, if folds train on runs of them."""
    config = model_config(name).model_copy(update={"decision": rule(rate, folds or 10)})
    whole = sequence_set(texts, [0] * len(texts))
    flagged = 0
    for i in range(len(texts)):
        training = Training.of(config, whole.take(np.arange(len(texts)) != i))
        detector = training.fitted()
        if folds is not None:
            # Where single events may train, none of these knows what it would score without one.
            everything = np.ones(whole.dataset.n_events, dtype=bool)
            train = replace(training.train, train_events=everything)
            training = replace(training, train=train)
        threshold, basis = training.sequence_threshold(detector)
        assert basis["calibrated_on"].endswith("folds" if folds else "others teach")
        scored = Training.of(config, whole).train.take(slice(i, i + 1)).unlabelled()
        flagged += int(sequence_scores(detector, scored)[0] > threshold)
    return flagged


def test_where_no_two_distances_are_equal_it_is_the_rate_itself():
    random = np.random.default_rng(5)
    texts = ["".join(random.choice(list("abcdefgh"), random.integers(40, 90))) for _ in range(20)]
    assert judged_by_others("event_count_vector", texts, 0.1, None) == 2
    assert judged_by_others("event_count_vector", texts, 0.25, None) == 5


def test_the_manifest_says_how_many_scores_there_were_and_what_is_promised():
    texts = ["abc", "abd", "abc", "abb", "aab", "xx"]
    both = sequence_set(texts, [0, 0, 0, 0, 0, 1], tested=1)
    told = run_model(model_config("edit_distance"), both, progress=SILENT).model_manifest
    assert told["decision"] == "conformal"
    assert told["calibration_scores"] == 5
    assert told["calibrated_on"] == "training sequences, each by what the others teach"
    assert told["guarantee"] == (
        "at most 16.7 % of new normal sequences are flagged on average, if they are exchangeable with "
        "those of the training part (1 % takes more scores than 5)"
    )
    learned = composed("model=markov", "model/decision=conformal", "model.decision.rate=0.2").model
    told = run_model(learned, both, progress=SILENT).model_manifest
    assert told["calibrated_on"].endswith("each by a detector of the other folds")
    assert told["guarantee"] == (
        "none: about 16.7 % of new normal sequences are flagged on average, if they are exchangeable "
        "with those of the training part and the scores of this detector hardly depend on a fold of "
        "training"
    )


def test_a_validation_part_takes_the_place_of_folds():
    texts = ["abc", "abd", "abcc", "x", "abxx", "abc"]
    both = sequence_set(texts, [0, 0, 0, 1, 0, 1], tested=1)
    split = both.split.copy()
    split[2:5] = Split.VALIDATION
    found = run_model(model_config("edit_distance"), replace(both, split=split), progress=SILENT)
    # abcc is 1/4 from abc, abxx 2/4 from it; x is labelled anomalous.
    assert found.threshold == 1 / 2
    assert found.model_manifest["calibration_scores"] == 2
    assert "of the validation part, which no fit looked at" in found.model_manifest["guarantee"]


def test_one_normal_sequence_has_no_others():
    both = sequence_set(["ab", "xx", "ab"], [0, 1, 0], tested=1)
    with pytest.raises(
        NotApplicable, match=r"needs two normal sequences in train.* \(there are 1\)"
    ):
        run_model(model_config("edit_distance"), both, progress=SILENT)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_a_fold_shares_no_event_with_what_trains_for_it_and_all_are_left_out_once(step):
    log = log_dataset([("s", letter, i, -1) for i, letter in enumerate("abcabcabcabcabcabcab")])
    train = grouped(log, "fixed", window_size=4, step=step)
    assert any_overlap(train.start, train.stop) == (step < 4)
    folds = list(folds_left_out(train, np.arange(len(train)), 3))
    starts = [start for held, _ in folds for start in held.start.tolist()]
    assert starts == train.start.tolist()
    for held, others in folds:
        known_rows = {row for rows in rows_of(others) for row in rows}
        assert known_rows.isdisjoint(row for rows in rows_of(held) for row in rows)
        assert len(others) >= len(train) - len(held) - 2 * (3 // step)


def test_windows_that_overlap_are_scored_by_folds():
    log = log_dataset([("s", letter, i, -1) for i, letter in enumerate("abcabcabdabcabcabcab" * 2)])
    windows = grouped(log, "fixed", window_size=4, step=2)
    found = run_model(model_config("edit_distance"), windows, progress=SILENT)
    assert found.model_manifest["calibrated_on"].endswith("the other folds")
