"""Event level, next events, windows, streams and which scope leads, end to end on small logs."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.evaluation import evaluate
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import log_dataset

LETTERS = "abcabcabxabcabcaxcxbcabc"
LABELS = [0] * 16 + [0, 1, 0, 1, 0, 0, 0, 0]
EVENTS = [(f"e{i % 2}", letter, i, LABELS[i]) for i, letter in enumerate(LETTERS)]


def report(*overrides: str, sequence: str = "stream", split: str = "prefix_count", **options):
    sequences = grouped(log_dataset(EVENTS), sequence, split, **options)
    config = composed(f"sequence={sequence}", f"split={split}", *overrides)
    summary = run_model(config.model, sequences, progress=SILENT)
    return evaluate(config, sequences, summary).to_json(), sequences


STREAM = {"chunk_size": 10, "train_entry_count": 16}


def test_events_of_a_stream_are_judged_one_by_one_and_lead():
    options = ["model=template_frequency", "model.smoothing=1", "model/decision=fixed"]
    unit = "dataset.evaluation_unit=null"
    told, _ = report(*options, "model.decision.value=2.0", unit, **STREAM)
    assert told["evaluation_unit"] == "stream"
    assert told["primary_scope"] == "event_level_detection"
    block = told["blocks"]["event_level_detection"]
    seen = {letter: LETTERS[:16].count(letter) for letter in "abcx"}
    total = sum(seen.values()) + 5
    flagged = [letter for letter in LETTERS[16:] if -log((seen[letter] + 1) / total) > 2.0]
    assert block["counts"]["units"] == 8
    assert block["diagnostics"]["flagged"] == len(flagged) == LETTERS[16:].count("x")
    tp = sum(
        label and letter == "x" for letter, label in zip(LETTERS[16:], LABELS[16:], strict=True)
    )
    assert block["confusion"]["tp"] == tp


def test_the_threshold_of_events_is_that_of_training_events_by_the_same_rule():
    told, _ = report("model=template_frequency", "model.decision.quantile=1.0", **STREAM)
    # The rarest training event is not above itself, so nothing that training showed is flagged.
    assert told["blocks"]["event_level_detection"]["diagnostics"]["flagged"] == 0
    told, _ = report("model=markov", "model.decision.quantile=1.0", **STREAM)
    assert told["blocks"]["event_level_detection"]["diagnostics"]["flagged"] > 0


def test_next_events_of_markov_worked_out_by_hand():
    told, _ = report("model=markov", "evaluation.top_k=[1,2,4]", **STREAM)
    block = told["blocks"]["next_event_prediction"]
    # After a: b four times, x never; b: c four times, x once; c: a; x: a. Test, with what is before it:
    # a(x) c(x) x... of which rows 17 and 19 are labelled anomalous and left out.
    before, after = LETTERS[15:23], LETTERS[16:24]
    pairs = [(b, a) for b, a, label in zip(before, after, LABELS[16:], strict=True) if label == 0]
    best = {"a": "b", "b": "c", "c": "a", "x": "a"}
    hits = sum(best[b] == a for b, a in pairs)
    assert block["counts"]["units"] == 8
    assert block["counts"]["counted"] == 6
    excluded = {"no_history": 0, "labelled_anomalous": 2, "unseen_in_training": 0}
    assert block["counts"]["excluded"] == excluded
    assert block["headline"]["top1"] == block["headline"]["top1_weighted"] == round(hits / 6, 8)
    assert block["headline"]["top4"] == 1.0


@pytest.mark.parametrize(
    ("sequence", "options", "unit", "scope"),
    [
        ("fixed", {"window_size": 4}, "window", "window_level_detection"),
        ("time", {"time_span_ms": 4}, "window", "window_level_detection"),
        ("entity", {"window_size": 3}, "window", "window_level_detection"),
        ("stream", {"chunk_size": 5}, "stream", "stream_level_detection"),
    ],
)
def test_windows_and_streams_have_blocks_of_their_own_with_the_same_figures(
    sequence, options, unit, scope
):
    more = ["sequence.window_size=3"] if sequence == "entity" else []
    told, _ = report("model=markov", *more, sequence=sequence, split="chronological", **options)
    block, same = told["blocks"][scope], told["blocks"]["sequence_level_detection"]
    assert block["prediction_unit"] == unit
    assert block["confusion"] == same["confusion"]
    assert block.get("headline") == same.get("headline")


def test_whole_sessions_have_no_window_block():
    told, _ = report("model=markov", sequence="entity", split="chronological")
    assert told["blocks"]["window_level_detection"]["status"] == "not_applicable"


def test_windows_of_sessions_also_say_how_sessions_fare():
    rows = [(f"s{i}", letter, i, -1) for i in range(8) for letter in "abcdef"]
    labels = {f"s{i}": i % 2 for i in range(8)}
    sequences = grouped(log_dataset(rows, entity_labels=labels), window_size=2)
    config = load_run_config(
        ["sequence.window_size=2", "model/decision=fixed", "model.decision.value=-1"]
    )
    told = evaluate(config, sequences, run_model(config.model, sequences, progress=SILENT))
    sessions = told.blocks["sequence_level_detection"].diagnostics.sessions
    # Everything is flagged: four test sessions of three windows, two of them anomalous.
    assert (sessions.counted, sessions.precision, sessions.recall) == (4, 0.5, 1.0)


@pytest.mark.parametrize(
    ("asked", "leads", "follows"),
    [
        # The one chunk that is tested whole holds nothing anomalous.
        ("sequence_level_detection", "event_level_detection", "next_event_prediction"),
        ("next_event_prediction", "next_event_prediction", "event_level_detection"),
        ("cluster_level_triage", "event_level_detection", "next_event_prediction"),
    ],
)
def test_the_scope_asked_for_leads_where_it_is_usable(asked, leads, follows):
    told, _ = report("model=markov", f"evaluation.primary_scope={asked}", **STREAM)
    assert told["primary_scope"] == leads
    assert told["secondary_scopes"] == [follows]


def test_the_unit_of_the_data_set_decides_where_nothing_is_asked_for():
    told, _ = report(
        "model=markov", "dataset.evaluation_unit=event", sequence="fixed", split="chronological",
        window_size=3,
    )  # fmt: skip
    assert told["primary_scope"] == "event_level_detection"
    assert told["secondary_scopes"] == ["next_event_prediction", "sequence_level_detection"]


def test_how_long_chunks_are_does_not_decide_what_leads():
    for size in (4, 8, 1000):
        told, _ = report(
            "model=markov", "dataset.evaluation_unit=sequence",
            chunk_size=size, train_entry_count=16,
        )  # fmt: skip
        assert told["evaluation_unit"] == "stream"
        assert told["primary_scope"] == "event_level_detection"


def test_a_row_in_overlapping_windows_is_judged_once_by_its_highest_score():
    told, sequences = report(
        "model=markov", sequence="fixed", split="chronological", window_size=4, step=1
    )
    rows = np.unique(sequences.take(sequences.split == 2).rows)
    assert told["blocks"]["event_level_detection"]["counts"]["units"] == len(rows)


def test_the_score_of_a_row_in_overlapping_windows_is_the_highest_of_them():
    sequences = grouped(log_dataset(EVENTS), "fixed", "chronological", window_size=4, step=1)
    config = composed("model=markov").model
    judged = run_model(config, sequences, progress=SILENT).events
    detector = config.build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST).unlabelled()
    by_row: dict[int, list[float]] = {}
    for row, score in zip(test.rows.tolist(), detector.score_events(test).tolist(), strict=True):
        by_row.setdefault(row, []).append(score)
    assert any(scores[-1] < max(scores) for scores in by_row.values())
    assert any(scores[0] < max(scores) for scores in by_row.values())
    assert dict(zip(judged.rows.tolist(), judged.scores.tolist(), strict=True)) == {
        row: max(scores) for row, scores in by_row.items()
    }
    assert (judged.predicted == (judged.scores > judged.threshold)).all()


def test_a_stream_of_one_chunk_is_evaluated_event_by_event():
    told, _ = report("model=markov", chunk_size=1000, train_entry_count=16)
    assert told["blocks"]["sequence_level_detection"]["status"] == "not_applicable"
    assert told["blocks"]["event_level_detection"]["counts"]["units"] == 8
    assert told["primary_scope"] == "event_level_detection"
