from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.groupings.entity import group_by_entity
from anomalog_exp.sequences.groupings.fixed import group_by_position
from anomalog_exp.sequences.labels import label_source, row_labels, sequence_labels
from tests.logs import log_dataset, sessions
from tests.sequencing import LOG_ROWS, entity, fixed, rows_of


def labels_of(dataset, grouping, chosen):
    return sequence_labels(dataset, grouping, row_labels(dataset, chosen))


def slow_label(labels):
    known = [label for label in labels if label != -1]
    if not known:
        return -1
    return 1 if 1 in known else 0


@settings(max_examples=100, deadline=None)
@given(
    LOG_ROWS,
    st.dictionaries(st.sampled_from(["blk_1", "blk_2", "blk_3"]), st.sampled_from([-1, 0, 1])),
    st.integers(1, 5),
    st.integers(1, 5),
    st.booleans(),
)
def test_labels_of_windows_are_those_of_the_slow_reference(rows, entity_labels, size, step, whole):
    dataset = log_dataset(rows, entity_labels=entity_labels)
    if whole:
        assume(step <= size and any(name for name, *_ in rows))
        grouping = group_by_entity(dataset, entity(size, step))
    else:
        assume(size <= len(rows))
        grouping = group_by_position(dataset, fixed(size, step))
    windows = rows_of(grouping)
    by_event = [slow_label(rows[row][3] for row in window) for window in windows]
    by_entity = [
        slow_label(entity_labels.get(rows[row][0], -1) for row in window) for window in windows
    ]
    assert labels_of(dataset, grouping, "events").tolist() == by_event
    found = labels_of(dataset, grouping, "entities")
    assert found.tolist() == by_entity
    assert found.dtype == np.int8


MIXED = [
    ("a", "x", 1, 0),
    ("b", "x", 2, 1),
    ("a", "x", 3, -1),
    ("c", "x", 4, -1),
    (None, "x", 5, 0),
]


@pytest.mark.parametrize(
    ("label_from", "chosen", "labels"),
    [
        ("any", "events", [0, 1, -1]),
        ("events", "events", [0, 1, -1]),
        ("entities", "entities", [1, 0, -1]),
    ],
)
def test_labels_of_events_come_before_those_of_entities_unless_asked(label_from, chosen, labels):
    dataset = log_dataset(MIXED, entity_labels={"a": 1, "b": 0})
    grouping = group_by_entity(dataset, entity())
    assert label_source(dataset, label_from) == chosen
    assert labels_of(dataset, grouping, chosen).tolist() == labels


def test_labels_of_entities_count_where_no_event_has_one():
    dataset = sessions("ab", "cd", "ef", labels=[0, 1])
    assert label_source(dataset, "any") == "entities"
    found = labels_of(dataset, group_by_position(dataset, fixed(2, 1)), "entities")
    assert found.tolist() == [0, 1, 1, 1, -1]


def test_a_row_of_no_entity_has_no_label_and_is_not_given_the_last_entitys():
    dataset = log_dataset(
        [(None, "x", 1, -1), ("a", "x", 2, -1), (None, "x", 3, -1)], entity_labels={"a": 1}
    )
    assert labels_of(dataset, group_by_position(dataset, fixed(1)), "entities").tolist() == [
        -1, 1, -1,
    ]  # fmt: skip


def test_where_nothing_is_labelled_no_sequence_is():
    dataset = sessions("ab", "c")
    chosen = label_source(dataset, "any")
    assert labels_of(dataset, group_by_entity(dataset, entity()), chosen).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("dataset", "asked", "allowed"),
    [
        (sessions("ab", labels=[0]), "events", "any, entities"),
        (log_dataset([("a", "x", 1, 1)]), "entities", "any, events"),
        (sessions("ab"), "events", "any"),
        (sessions("ab"), "entities", "any"),
    ],
)
def test_labels_that_a_data_set_lacks_cannot_be_asked_for(dataset, asked, allowed):
    with pytest.raises(
        ConfigError, match=rf"(?s)label_from: .*labels no {asked}\n.*allowed: {allowed}\n"
    ):
        label_source(dataset, asked)
