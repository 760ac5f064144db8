"""Sequences of other data sets, over the templates of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import SequenceSet
from anomalog_exp.sequences.vocabulary import Vocabulary
from tests.logs import log_dataset
from tests.sequencing import sequence_set


def texts_of(sequences: SequenceSet) -> list[str]:
    return [sequences.dataset.templates[code] for code in sequences.templates]


def values_of(dataset: LogDataset) -> list[tuple[int, int, str]]:
    """Row, place and text of every value."""
    assert dataset.parameters is not None
    found = dataset.parameters.of(np.arange(dataset.n_events))
    texts = dataset.parameters.texts.to_list()
    return [
        (row, place, texts[code])
        for row, place, code in zip(
            found.row.tolist(), found.place.tolist(), found.code.tolist(), strict=True
        )
    ]


def test_the_training_data_set_keeps_its_codes_and_has_unknown_at_the_end():
    train = sequence_set(["ab", "cab"])
    read = Vocabulary.of(train).read(train)
    assert read.dataset.templates == ("a", "b", "c", UNKNOWN_TEMPLATE)
    assert read.dataset.unknown_added
    assert read.templates.tolist() == train.templates.tolist() == [0, 1, 2, 0, 1]
    assert Vocabulary.of(train).read(read) is read


def test_texts_decide_whatever_their_order_is_and_what_training_lacks_is_unknown():
    vocabulary = Vocabulary.of(sequence_set(["ab", "cab"]))
    other = sequence_set(["cxb", "yab"], templates=["y", "c"])
    read = vocabulary.read(other)
    assert read.templates.tolist() == [2, 3, 1, 3, 0, 1]
    assert texts_of(read) == ["c", UNKNOWN_TEMPLATE, "b", UNKNOWN_TEMPLATE, "a", "b"]
    assert read.templates.dtype == other.templates.dtype == np.int32
    assert other.templates.tolist() == [1, 2, 3, 0, 4, 3]


def test_unknown_of_training_is_that_of_others():
    # As with template.fit_on=train.
    sequences = sequence_set(["ab", ["b", UNKNOWN_TEMPLATE]], tested=1)
    vocabulary = Vocabulary.of(sequences.take(sequences.split == 0))
    read = vocabulary.read(sequences)
    assert read is sequences
    assert texts_of(vocabulary.read(sequence_set(["xa"]))) == [UNKNOWN_TEMPLATE, "a"]


def test_a_message_that_reads_unknown_is_not_what_training_never_showed():
    train = sequence_set([["a", UNKNOWN_TEMPLATE]])
    vocabulary = Vocabulary.of(train)
    assert vocabulary.texts == ("a", UNKNOWN_TEMPLATE, UNKNOWN_TEMPLATE)
    assert vocabulary.read(train).templates.tolist() == [0, 1]
    assert vocabulary.read(sequence_set(["xa"])).templates.tolist() == [2, 0]


def test_what_training_showed_is_counted_by_its_codes_in_any_data_set():
    train = sequence_set(["abb"], templates=["never"])
    vocabulary = Vocabulary.of(train)
    for templates, known in (
        (["never", "a", "b"], [0, 1, 2]),
        (["never", "a", "b", UNKNOWN_TEMPLATE], [0, 1, 2, 0]),
        (["b", "x", "a", "never"], [2, 0, 1, 0]),
        ([], []),
    ):
        assert vocabulary.shown(templates).tolist() == known
        assert vocabulary.shown(templates).dtype == np.int64


def test_a_vocabulary_without_templates_knows_none():
    vocabulary = Vocabulary.of(sequence_set([""]))
    assert vocabulary.texts == (UNKNOWN_TEMPLATE,)
    assert vocabulary.read(sequence_set(["ab"])).templates.tolist() == [0, 0]


Event = tuple[str, Sequence[str | None]]
"""A template and the values of its message."""


def valued(*sequences: Sequence[Event]) -> SequenceSet:
    events = [event for one in sequences for event in one]
    dataset = log_dataset(
        [("s", text, 0, -1) for text, _ in events], values=[values for _, values in events]
    )
    return replace(sequence_set([[text for text, _ in one] for one in sequences]), dataset=dataset)


A, B, X = ("a <*>", ("1",)), ("b <*> <*>", ("2", "3")), ("x <*> <*> <*>", ("4", None, "5"))


def test_values_stand_in_the_places_of_training_and_those_of_unknown_are_left_out():
    vocabulary = Vocabulary.of(valued([A, B]))
    read = vocabulary.read(valued([X, B], [A, X, B]))
    assert texts_of(read) == [
        UNKNOWN_TEMPLATE, "b <*> <*>", "a <*>", UNKNOWN_TEMPLATE, "b <*> <*>",
    ]  # fmt: skip
    # Place 0 is that of a, 1 and 2 are those of b.
    assert values_of(read.dataset) == [
        (1, 1, "2"), (1, 2, "3"), (2, 0, "1"), (4, 1, "2"), (4, 2, "3"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [[[B, A]], [[A], [B, A]]])
def test_values_of_known_templates_stay_as_they_are(order):
    train = valued([A, B])
    other = valued(*order)
    wanted = {"a <*>": [(0, "1")], "b <*> <*>": [(1, "2"), (2, "3")]}
    read = Vocabulary.of(train).read(other)
    assert [pair[1:] for pair in values_of(read.dataset)] == [
        pair for text in texts_of(other) for pair in wanted[text]
    ]


def test_values_in_other_places_than_in_training_are_refused():
    vocabulary = Vocabulary.of(valued([A, B]))
    with pytest.raises(ConfigError, match="in other places than in training") as caught:
        vocabulary.read(valued([B, ("a <*>", ("1", "2"))]))
    assert "a <*>" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 4


def test_values_are_not_there_where_training_read_none_or_the_data_set_has_none():
    train = valued([A, B])
    without = replace(train, dataset=replace(train.dataset, parameters=None))
    assert Vocabulary.of(without).read(train).dataset.parameters is None
    assert Vocabulary.of(train).read(without).dataset.parameters is None
