"""The validation part: the last share of what would train, and nothing else is another."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import option_names
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.training_templates import with_templates_of_training
from tests.grouping import grouped, rows_of, splits_of
from tests.logs import log_dataset
from tests.sequences.splits.test_contract import COUNTS, FILES, SMALL
from tests.sequencing import LOG_ROWS

HOLDING = [name for name in option_names("split") if name not in ("all", "predefined")]


def sequences_of(rows, grouping: str, split: str, held: float) -> SequenceSet | None:
    """The sequences; None where the log lacks what is needed, or where nothing would be left to train."""
    options = {**FILES.get(split, {}).get("split_options", {}), "validation_fraction": held}
    try:
        return grouped(
            log_dataset(rows, sources=["a.log" if row < 15 else "b.log" for row in range(len(rows))]),
            grouping, split, **SMALL.get(grouping, {}), **COUNTS.get(split, {}), split_options=options,
        )  # fmt: skip
    except ConfigError as error:
        assert len(str(error).splitlines()) == 4
        return None


@pytest.mark.parametrize("split", HOLDING)
@pytest.mark.parametrize("grouping", option_names("sequence"))
@settings(max_examples=25, deadline=None)
@given(rows=LOG_ROWS, percent=st.integers(1, 99))
def test_the_last_of_what_trains_is_for_validation_and_nothing_else_changes(
    grouping, split, rows, percent
):
    whole = sequences_of(rows, grouping, split, 0.0)
    if whole is None:
        return
    trained = np.flatnonzero(whole.split == Split.TRAIN)
    # An entity is one session here; what has none, or is a line, is one by itself.
    sessions: list[list[int]] = []
    for one in trained.tolist():
        with_last = (
            sessions and grouping == "entity" and whole.entity[sessions[-1][0]] == whole.entity[one]
        )
        if with_last:
            sessions[-1].append(one)
        else:
            sessions.append([one])
    # How a split of rows cuts windows into pieces, which stay together, is not seen from here.
    in_pieces = grouping in ("fixed", "time") and split.startswith("prefix")
    found = sequences_of(rows, grouping, split, percent / 100)
    if found is None:
        assert in_pieces or len(sessions) == ceil(Fraction(percent, 100) * len(sessions))
        return
    assert rows_of(found) == rows_of(whole)
    changed = np.flatnonzero(found.split != whole.split)
    assert (whole.split[changed] == Split.TRAIN).all()
    assert (found.split[changed] == Split.VALIDATION).all()
    assert found.part(Split.TRAIN).start.size
    assert trained[len(trained) - len(changed) :].tolist() == changed.tolist()
    if not in_pieces:
        held = ceil(Fraction(percent, 100) * len(sessions))
        assert changed.tolist() == [one for session in sessions[-held:] for one in session]
    for mask in ("train_events", "evaluation_events"):
        assert np.array_equal(getattr(found, mask), getattr(whole, mask))
    assert rows_of(found.evaluated()) == rows_of(whole.evaluated())
    counts = found.report["sequences"]
    assert counts["validation"]["total"] == len(changed)
    assert counts["train"]["total"] + len(changed) == len(trained)
    if "rows_by_part" in found.report:
        before, after = whole.report["rows_by_part"], found.report["rows_by_part"]
        assert after["train"] + after["validation"] == before["train"]
        assert (after["test"], after["ignored"]) == (before["test"], before["ignored"])


def parts_of(split: str, held: float, rows, grouping: str = "entity", **options):
    found = grouped(
        log_dataset(rows), grouping, split, split_options={"validation_fraction": held}, **options
    )
    return list(zip(rows_of(found), splits_of(found), strict=True)), found


# Sessions: a = 0 2 5, b = 1 3, c = 4 6, d = 7.
ROWS = [(entity, "x", time, 0) for time, entity in enumerate("ababcacd")]


def test_windows_of_one_session_are_on_one_side():
    found, sequences = parts_of(
        "chronological", 0.4, ROWS, window_size=2, step=1, train=0.75, test=0.25
    )
    # Of the sessions a, b and c, ceil(0.4 * 3) = 2 are held back, and all windows of them.
    assert found == [
        ([0, 2], "train"), ([2, 5], "train"), ([1, 3], "validation"), ([4, 6], "validation"), ([7], "test"),
    ]  # fmt: skip
    assert sequences.report["units"] == {
        "pool": 4, "train": 1, "ignored": 0, "test": 1, "validation": 2,
    }  # fmt: skip
    assert sequences.report["realised"] == {
        "train_fraction": 0.25, "test_fraction": 0.25, "validation_fraction": 0.5,
    }  # fmt: skip


def test_pieces_of_a_session_that_the_prefix_cuts_are_on_one_side():
    rows = [("a", "x", 0, 0), ("b", "x", 1, 0), ("a", "x", 2, 1), ("a", "x", 3, 0), ("b", "x", 4, 1),
            ("b", "x", 5, 0), ("c", "x", 6, 0)]  # fmt: skip
    # Four of five normal rows train: 0, 1, 3 and 5; so of a and of b two pieces each.
    found, sequences = parts_of(
        "prefix_normal_fraction", 0.1, rows, train_normal_entry_fraction=0.8
    )
    assert found == [
        ([0], "train"), ([2], "ignored"), ([3], "train"),
        ([1], "validation"), ([4], "ignored"), ([5], "validation"), ([6], "test"),
    ]  # fmt: skip
    assert sequences.report["rows_by_part"] == {
        "train": 2,
        "ignored": 2,
        "test": 1,
        "validation": 2,
    }


def test_rows_of_the_last_chunks_do_not_train_and_those_that_are_evaluated_still_are():
    rows = [("a", "x", time, int(time in (2, 6))) for time in range(9)]
    found, sequences = parts_of(
        "prefix_count", 0.5, rows, "stream", chunk_size=3, train_entry_count=4
    )
    # Chunk 3-5 holds row 3 of the prefix, so that two chunks train; the last one is held back.
    assert found == [([0, 1, 2], "train"), ([3, 4, 5], "validation"), ([6, 7, 8], "test")]
    train, valid = sequences.part(Split.TRAIN), sequences.part(Split.VALIDATION)
    assert train.trainable().rows.tolist() == [0, 1]
    assert valid.trainable().rows.tolist() == [3]
    assert rows_of(sequences.evaluated()) == [[3, 4, 5], [6, 7, 8]]
    assert sequences.report["rows_by_part"] == {
        "train": 3,
        "ignored": 0,
        "test": 5,
        "validation": 1,
    }


def test_of_sessions_that_the_source_puts_into_parts_the_last_that_train_are_held_back():
    dataset = replace(log_dataset(ROWS), entity_split=np.array([0, 2, 0, 0], dtype=np.int8))
    options = {"validation_fraction": 0.34}
    found = grouped(dataset, "entity", "predefined", split_options=options)
    assert splits_of(found) == ["train", "test", "validation", "validation"]


def test_labels_of_what_is_held_back_do_not_decide_how_much_is():
    normal = [(name, "x", time, 0) for time, name in enumerate("abcdefgh")]
    flipped = [(*row[:3], int(row[0] == "d")) for row in normal]
    parts = [parts_of("chronological", 0.25, rows)[1].split.tolist() for rows in (normal, flipped)]
    assert parts[0] == parts[1] == [0, 0, 0, 3, 2, 2, 2, 2]
    # Where only the normal train, the last normal ones are held back.
    found, _ = parts_of("normal_only", 0.25, flipped)
    assert [part for _, part in found] == ["train", "train", "validation", "ignored", *["test"] * 4]


@pytest.mark.parametrize(("sessions", "held"), [(1, 0.1), (2, 0.6), (3, 0.99)])
def test_a_share_that_leaves_nothing_to_train_on_is_refused(sessions, held):
    rows = [(f"e{number}", "x", number, 0) for number in range(2 * sessions)]
    told = (
        rf"(?s)^split.validation_fraction: no session .* of {sessions} is.*{held}.*allowed.*to do"
    )
    with pytest.raises(ConfigError, match=told):
        parts_of("chronological", held, rows)


def test_templates_of_training_are_none_of_validation():
    rows = [
        (name, text, time, -1) for time, (name, text) in enumerate(zip("abcd", "xyxy", strict=True))
    ]
    _, found = parts_of("chronological", 0.5, rows)
    config = load_run_config(["template.fit_on=train", "template.masking=none"]).template
    trained = with_templates_of_training(found, config)
    assert trained.dataset.templates == ("x", UNKNOWN_TEMPLATE)
    assert trained.templates.tolist() == [0, 1, 0, 1]


def test_without_the_key_a_split_is_as_it_was_before_there_was_one():
    split = load_run_config().split
    assert "validation_fraction" not in split.model_dump()
    assert type(split).of(split.model_dump()) == split
    assert split.validation_fraction == 0.0
    held = load_run_config(["split.validation_fraction=0.2"]).split
    assert held.model_dump()["validation_fraction"] == 0.2
