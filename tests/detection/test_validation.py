"""What a run does with the validation part: thresholds come of it, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.report.run_page import run_page
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.results import read_run
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.sequencing import sequence_set

TEXTS = ["aab", "aab", "abb", "xx", "bab", "bba", "axx", "bbb", "xb", "aab", "xax", "bbx"]
LABELS = [0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1]
HELD = slice(4, 8)


def parts(texts=TEXTS, labels=LABELS) -> SequenceSet:
    """Four sequences train, four are for validation, four are tested."""
    found = sequence_set(texts, labels, tested=4)
    split = found.split.copy()
    split[HELD] = Split.VALIDATION
    return replace(found, split=split)


def judged(sequences: SequenceSet, *overrides: str):
    return run_model(load_run_config(list(overrides)).model, sequences, progress=SILENT)


RULES = {
    # Of the validation sequences 4 to 7, number 6 is labelled anomalous.
    ("quantile", "model.decision.quantile=0.5"): lambda scores: np.sort(scores[[0, 1, 3]])[1],
    ("contamination", "model.decision.share=0.3"): lambda scores: np.sort(scores)[2],
    ("false_positive_rate", "model.decision.rate=0.4"): lambda scores: np.sort(scores[[0, 1, 3]])[
        1
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0])
def test_a_rule_takes_the_scores_of_what_is_held_back(rule):
    name, value = rule
    overrides = ["model=template_frequency", f"model/decision={name}", value]
    sequences = parts()
    found = judged(sequences, *overrides)
    detector = load_run_config(overrides).model.build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    scores = detector.score(sequences.part(Split.VALIDATION))
    assert len(set(scores.tolist())) > 2
    assert found.threshold == RULES[rule](scores)
    assert np.array_equal(found.scores, detector.score(sequences.part(Split.TEST)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0])
def test_what_is_held_back_does_not_train_and_its_labels_are_read_by_who_may(rule):
    overrides = ["model=template_frequency", f"model/decision={rule[0]}", rule[1]]
    found = judged(parts(), *overrides)
    relabelled = judged(parts(labels=[*LABELS[:4], 1, 0, 0, 0, *LABELS[8:]]), *overrides)
    others = judged(parts(texts=[*TEXTS[:4], "bbbb", "b", "xxx", "xxb", *TEXTS[8:]]), *overrides)
    for other in (relabelled, others):
        assert np.array_equal(other.scores, found.scores)
        before, after = (one.judge.detector.state().arrays for one in (found, other))
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[key], after[key]) for key in before)
    assert (relabelled.threshold == found.threshold) == (rule[0] == "contamination")
    assert others.threshold != found.threshold


def test_without_a_normal_sequence_in_it_the_rules_that_need_one_do_not_apply():
    labels = [*LABELS[:4], 1, 1, 1, 1, *LABELS[8:]]
    with pytest.raises(NotApplicable, match=r"a validation sequence that .* \(all 4 are"):
        judged(parts(labels=labels), "model=template_frequency")
    with pytest.raises(NotApplicable, match="normal units of the validation part, which has none"):
        judged(
            parts(labels=labels), "model=template_frequency", "model/decision=false_positive_rate"
        )


def test_thresholds_of_single_events_come_of_the_chunks_that_are_held_back():
    rows = [
        ("e", letter, time, int(letter == "x")) for time, letter in enumerate("ababaxbabbabxxab")
    ]
    sequences = grouped(
        log_dataset(rows), "stream", "prefix_count", chunk_size=4, train_entry_count=12,
        split_options={"validation_fraction": 0.5},
    )  # fmt: skip
    assert sequences.split.tolist() == [0, 3, 3, 2]
    config = load_run_config(
        ["model=markov", "model/decision=quantile", "model.decision.quantile=1.0"]
    )
    found = run_model(config.model, sequences, progress=SILENT)
    detector = config.model.build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    valid = sequences.part(Split.VALIDATION)
    scores = detector.score_events(valid.unlabelled())
    # Row 5, labelled anomalous, is in these chunks: it is the highest, and not what is looked at.
    assert valid.rows[scores.argmax()] == 5
    assert found.events.threshold == np.delete(scores, scores.argmax()).max()


def test_a_run_shows_its_validation_part_wherever_it_shows_parts(tmp_path):
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={tmp_path / name}" for name in names]
    config = load_run_config(
        ["dataset.source.lines=3000", "split.validation_fraction=0.2", "model=markov",
         "dataset.label_reader=null", "tracking=none", "report.page=false", *places]
    )  # fmt: skip
    stored = read_run(run(config).run_dir)
    sequences = stored.dataset_manifest["sequences"]
    held, train = (sequences["units"][part] for part in ("validation", "train"))
    assert held == -(-(held + train) // 5)
    assert sequences["requested"]["validation_fraction"] == 0.2
    assert sequences["summary"]["validation_sequence_count"] == held
    assert sum(sequences["summary"]["validation_label_counts"].values()) == held
    assert ">validation<" in run_page(stored, "")
    assert "trained, the next 10% were for validation." in result_in_words(stored)
