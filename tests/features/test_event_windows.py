from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features import event_windows as module
from anomalog_exp.features.event_windows import end_windows, event_windows, history_lengths
from anomalog_exp.sequences.sequence_set import SequenceSet
from tests.logs import log_dataset
from tests.sequencing import sequence_set

START = 9
SYMBOL = np.arange(4, dtype=np.int32) * 2
TEXTS = st.lists(st.text("abcd", max_size=7), min_size=1, max_size=6)


def slow_windows(texts: list[str], length: int) -> list[tuple[int, ...]]:
    """The window of each event, one by one."""
    found = []
    for text in texts:
        symbols = [START] * length + [2 * "abcd".index(letter) for letter in text]
        found += [tuple(symbols[i : i + length + 1]) for i in range(len(text))]
    return found


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 4), st.integers(1, 9))
def test_each_event_has_its_window_and_each_window_its_number_of_events(texts, length, at_once):
    sequences = sequence_set(texts, templates="abcd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_EVENTS_AT_ONCE", at_once)
        windows = event_windows(sequences, SYMBOL, length, start=START)
    expected = slow_windows(texts, length)
    assert [tuple(windows.symbols[i]) for i in windows.window] == expected
    counted = {
        tuple(row): count
        for row, count in zip(windows.symbols.tolist(), windows.count, strict=True)
    }
    assert counted == Counter(expected)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 4))
def test_each_end_has_its_window_and_each_window_its_number_of_ends(texts, length):
    sequences = sequence_set(texts, templates="abcd")
    chosen = np.array([bool(text) for text in texts])
    windows = end_windows(sequences, SYMBOL, length, start=START, chosen=chosen)
    expected = [
        ([START] * length + [2 * "abcd".index(letter) for letter in text])[-length:] + [START]
        for text in texts
    ]
    assert (windows.window >= 0).tolist() == chosen.tolist()
    found = windows.window[chosen]
    assert windows.symbols[found].tolist() == [
        e for e, c in zip(expected, chosen, strict=True) if c
    ]
    assert windows.count.tolist() == np.bincount(found, minlength=len(windows.count)).tolist()


def test_events_that_are_not_chosen_have_no_window():
    sequences = sequence_set(["abcd", "ab"], templates="abcd")
    chosen = np.array([False, True, False, True, True, False])
    windows = event_windows(sequences, SYMBOL, 1, start=START, chosen=chosen)
    assert (windows.window >= 0).tolist() == chosen.tolist()
    assert windows.symbols[windows.window[chosen]].tolist() == [[0, 2], [4, 6], [START, 0]]
    none = event_windows(sequences, SYMBOL, 1, start=START, chosen=np.zeros(6, dtype=bool))
    assert none.symbols.shape == (0, 2)
    assert none.window.tolist() == [-1] * 6


def test_histories_reach_back_to_where_state_carries_over_from():
    log = log_dataset(
        [("s", letter, 1000 * i, -1) for i, letter in enumerate("abcdab")], templates="abcd"
    )
    carried = SequenceSet(
        dataset=log,
        order=np.arange(6),
        start=np.array([0, 3]),
        stop=np.array([3, 6]),
        label=np.full(2, -1, dtype=np.int8),
        split=np.zeros(2, dtype=np.uint8),
        entity=np.full(2, -1, dtype=np.int32),
        origin=np.array([0, 1]),
    )
    assert history_lengths(carried).tolist() == [0, 1, 2, 2, 3, 4]
    windows = event_windows(carried, SYMBOL, 3, start=START)
    assert windows.symbols[windows.window].tolist() == [
        [9, 9, 9, 0],
        [9, 9, 0, 2],
        [9, 0, 2, 4],
        [9, 2, 4, 6],
        [2, 4, 6, 0],
        [4, 6, 0, 2],
    ]
