"""The judge of a fitted detector: thresholds, decisions about sequences and events, what it may see."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.scores import highest_of_rows
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.sequencing import sequence_set

TEXTS = ["aab", "ab", "xx", "ab", "ax", "b"]
LABELS = [0, 0, 1, 0, 1, 0]


def model(*overrides: str):
    return composed(*overrides).model


def two_parts():
    sequences = sequence_set(TEXTS, LABELS, tested=3)
    return sequences, sequences.part(Split.TRAIN), sequences.part(Split.TEST)


def test_a_judge_decides_what_a_run_of_its_config_decides():
    config = model("model=template_frequency")
    sequences, train, test = two_parts()
    outcome = Judge.fitted(config, train).judge(test)
    summary = run_model(config, sequences, progress=SILENT)
    assert outcome.scores.tolist() == summary.scores.tolist()
    assert outcome.predicted.tolist() == summary.predicted.tolist() == [False, True, True]
    assert outcome.threshold == summary.threshold


def test_a_judge_is_asked_again_and_answers_the_same():
    judge = Judge.fitted(model("model=markov"), two_parts()[1])
    _, _, test = two_parts()
    once, again = judge.judge(test), judge.judge(test)
    assert once.scores.tolist() == again.scores.tolist()
    reverse = judge.judge(test.take(np.array([2, 1, 0])))
    assert reverse.scores.tolist() == once.scores.tolist()[::-1]


def test_labels_of_what_is_judged_change_nothing_but_for_the_oracle():
    sequences, train, test = two_parts()
    flipped = replace(test, label=(1 - test.label).astype(np.int8))
    honest = Judge.fitted(model("model=template_frequency"), train)
    assert honest.judge(test).predicted.tolist() == honest.judge(flipped).predicted.tolist()
    assert not honest.oracle
    rule = model("model=template_frequency", "model/decision=best_f1")
    assert Judge.fitted(rule, train, oracle=sequences).oracle
    with pytest.raises(ValueError, match="an oracle rule needs the labels of the test part"):
        Judge.fitted(rule, train)


def test_a_row_in_overlapping_windows_counts_by_its_highest_score():
    # Windows of three over six rows, one on: rows 0 1 2, 1 2 3, 2 3 4, 3 4 5.
    rows = [("s", "x", i, -1) for i in range(6)]
    windows = grouped(log_dataset(rows), "fixed", window_size=3, step=1)
    scores = np.array([5.0, 1.0, 9.0, 2.0, 7.0, 3.0, 8.0, 4.0, 6.0, 0.0, 1.0, 2.0])
    # Row 2 has 9, 7 and 8; row 3 has 3, 4 and 0; row 4 has 6 and 1.
    there, highest = highest_of_rows(windows, scores)
    assert there.tolist() == [0, 1, 2, 3, 4, 5]
    assert highest.tolist() == [5.0, 2.0, 9.0, 4.0, 6.0, 2.0]


def test_events_are_judged_where_training_labels_events_and_only_there():
    letters = "abcabcabxabcabcaxcxb"
    labels = [0] * 16 + [1, 0, 1, 0]
    labelled = [("s", letter, i, labels[i]) for i, letter in enumerate(letters)]
    unlabelled = [(*row[:3], UNLABELLED) for row in labelled]
    for rows, judged in ((labelled, True), (unlabelled, False)):
        windows = grouped(log_dataset(rows), "fixed", window_size=4)
        judge = Judge.fitted(model("model=template_frequency"), windows.part(Split.TRAIN))
        assert (judge.event_threshold is not None) == judged
        outcome = judge.judge(windows.part(Split.TEST))
        assert (outcome.events is not None) == judged


def test_a_judge_knows_which_templates_training_showed():
    sequences = sequence_set(["ab", "ca", "xa"], tested=1)
    judge = Judge.fitted(model("model=markov"), sequences.part(Split.TRAIN))
    # Codes follow the order of appearance: a, b, c, x.
    assert judge.vocabulary.shown(["a", "b", "c", "x"]).tolist() == [2, 1, 1, 0]
    next_events = judge.judge(sequences.part(Split.TEST)).next_events
    assert next_events is not None
    assert next_events.known.tolist() == [True, True, True, False]


def test_validation_sequences_neither_train_nor_are_judged():
    sequences, *_ = two_parts()
    split = sequences.split.copy()
    split[1] = Split.VALIDATION
    held = replace(sequences, split=split)
    summary = run_model(model("model=template_frequency"), held, progress=SILENT)
    without = sequences.take(np.array([0, 2, 3, 4, 5]))
    plain = run_model(model("model=template_frequency"), without, progress=SILENT)
    assert summary.scores.tolist() == plain.scores.tolist()
    # The threshold is the score of the only sequence that is for validation.
    assert summary.threshold == summary.judge.judge(sequences.take(slice(1, 2))).scores[0]
    assert summary.threshold != plain.threshold


JUDGED = [
    ["model=markov"],
    ["model=pca", "model/decision=own"],
    ["model=union", "+model@model.members.ngram=ngram"],
    ["model=random_forest"],
]


@pytest.mark.parametrize("overrides", JUDGED, ids=" ".join)
def test_a_judge_that_is_kept_decides_the_same_in_another_process(overrides, tmp_path):
    letters, labels = "abcabcabxabcabcaxcxb" * 3, ([0] * 8 + [1] + [0] * 11) * 3
    rows = [(f"s{i // 4}", letter, i, labels[i]) for i, letter in enumerate(letters)]
    windows = grouped(log_dataset(rows), "fixed", window_size=4)
    judge = Judge.fitted(model(*overrides), windows.part(Split.TRAIN))
    judge.save(tmp_path / "judge")
    outcome = judge.judge(windows.part(Split.TEST))
    code = (
        "import sys, json, numpy as np; from pathlib import Path;"
        "from anomalog_exp.detection.judge import Judge;"
        "judge = Judge.load(Path(sys.argv[1]));"
        "print(json.dumps([judge.threshold, judge.event_threshold, judge.oracle, judge.manifest()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "judge")],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    kept = [judge.threshold, judge.event_threshold, judge.oracle, judge.manifest()]
    assert json.loads(done.stdout) == json.loads(json.dumps(kept))
    again = Judge.load(tmp_path / "judge").judge(windows.part(Split.TEST))
    assert again.scores.tobytes() == outcome.scores.tobytes()
    assert again.predicted.tolist() == outcome.predicted.tolist()
    if outcome.events is not None:
        assert again.events.scores.tobytes() == outcome.events.scores.tobytes()


def damage(folder, values):
    path = folder / "values.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "model.json").unlink(), "the config of its detector cannot be read"),
        (lambda f: (f / "model.json").write_text("{"), "the config of its detector cannot be read"),
        (lambda f: (f / "model.json").write_text('{"name": "os"}'), "there is no such option"),
        (lambda f: damage(f, {"decisions.threshold": "high"}), "not what such a detector learns"),
        (lambda f: damage(f, {"decisions.more": 1}), "not what such a detector learns"),
        (lambda f: damage(f, {"other": 1}), "^other: this is not what such a detector learns"),
    ],
)
def test_a_judge_that_was_changed_is_refused_in_four_parts(change, message, tmp_path):
    Judge.fitted(model("model=markov"), two_parts()[1]).save(tmp_path)
    change(tmp_path)
    with pytest.raises(ConfigError, match=message) as caught:
        Judge.load(tmp_path)
    assert len(str(caught.value).splitlines()) == 4


def test_a_reason_stands_once_however_often_it_occurs():
    sequences = sequence_set(["abab", "ab", "axaxaxb"], [0, 0, -1], tested=1)
    judge = Judge.fitted(model("model=markov"), sequences.part(Split.TRAIN))
    (evidence,) = judge.explain(sequences.part(Split.TEST), 3)
    whole = judge.detector.explain(sequences.part(Split.TEST), 99)[0]
    assert [text for text, _ in whole].count("a -> x") == 3
    assert [text for text, _ in evidence] == ["a -> x", "x -> a", "x -> b"]
