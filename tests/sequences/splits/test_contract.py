"""What every split promises, whichever it is, over every grouping, on random small logs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import option_names
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.straddlers import StraddlingGroupPolicy
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.sequencing import LOG_ROWS

SMALL = {
    "fixed": {"window_size": 3},
    "time": {"time_span_ms": 2},
    "stream": {"chunk_size": 4},
}
COUNTS = {"prefix_count": {"train_entry_count": 5}}
FILES = {"by_file": {"split_options": {"train": ["a.log"]}}}


def sequences_of(rows, grouping: str, split: str, **options):
    """The sequences; None where the log lacks what is needed, which is said in four parts."""
    try:
        files = ["a.log" if row < 15 else "b.log" for row in range(len(rows))]
        return grouped(
            log_dataset(rows, sources=files),
            grouping,
            split,
            **SMALL.get(grouping, {}),
            **COUNTS.get(split, {}),
            **(FILES.get(split, {}) | options),
        )
    except ConfigError as error:
        assert len(str(error).splitlines()) == 4
        return None


@pytest.mark.parametrize("split", option_names("split"))
@pytest.mark.parametrize("grouping", option_names("sequence"))
@settings(max_examples=25, deadline=None)
@given(rows=LOG_ROWS)
def test_every_sequence_has_one_part_and_the_counts_add_up(grouping, split, rows):
    found = sequences_of(rows, grouping, split)
    if found is None:
        return
    assert len(found.split) == len(found.label) == len(found)
    assert set(found.split.tolist()) <= {part.value for part in Split}
    assert set(found.label.tolist()) <= {-1, 0, 1}
    assert (found.split == Split.TRAIN).any()
    # Nobody asked for a validation part.
    assert not (found.split == Split.VALIDATION).any()
    counts = found.report["sequences"]
    parts = [counts[part.name.lower()]["total"] for part in Split]
    assert sum(parts) == len(found)
    assert counts["pool"]["total"] * (2 if split == "all" else 1) == len(found)
    again = sequences_of(rows, grouping, split)
    assert again.split.tolist() == found.split.tolist()
    if found.train_events is not None and found.evaluation_events is not None:
        assert not (found.train_events & found.evaluation_events).any()


IN_ORDER = [
    (grouping, split)
    for grouping in ("entity", "fixed")
    for split in option_names("split")
    # A prefix of rows cuts sessions into pieces that stand side by side.
    if split not in ("predefined", "random", "random_normal")
    and not (grouping == "entity" and split.startswith("prefix"))
]


@pytest.mark.parametrize(("grouping", "split"), IN_ORDER)
@settings(max_examples=25, deadline=None)
@given(rows=LOG_ROWS)
def test_what_is_tested_never_comes_before_what_trains(grouping, split, rows):
    found = sequences_of(rows, grouping, split)
    if found is None or not (found.split == Split.TEST).any():
        return
    last_trained = np.flatnonzero(found.split == Split.TRAIN).max()
    assert last_trained < np.flatnonzero(found.split == Split.TEST).min()


WHOLE = [
    *(
        {"straddling_group_policy": p}
        for p in StraddlingGroupPolicy
        if p != "split_partial_sequences"
    ),
    {"application_order": "after_grouping"},
]


@pytest.mark.parametrize("held", [0.0, 0.4])
@pytest.mark.parametrize(
    "split", [s for s in option_names("split") if s not in ("all", "predefined")]
)
@settings(max_examples=25, deadline=None)
@given(rows=LOG_ROWS, offset=st.sampled_from([0.0, 0.3, 0.8]), data=st.data())
def test_all_windows_of_one_entity_are_in_one_part(split, held, rows, offset, data):
    options = {"window_size": 2, "step": 1, "validation_fraction": held}
    if split in ("chronological", "normal_only"):
        options["offset"] = offset
    if split.startswith("prefix"):
        options |= data.draw(st.sampled_from(WHOLE))
    elif split == "by_file":
        options["split_options"] = {"train": ["a.log"]} | data.draw(st.sampled_from(WHOLE[:3]))
    found = sequences_of(rows, "entity", split, **options)
    if found is None:
        return
    assert found.report["units"]["pool"] == len(np.unique(found.entity))
    parts: dict[int, set[int]] = {}
    for entity, part in zip(found.entity.tolist(), found.split.tolist(), strict=True):
        parts.setdefault(entity, set()).add(part)
    assert all(len(one) == 1 for one in parts.values())
