from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.features.transitions import transitions
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of

TEXTS = st.lists(st.text("abcd", max_size=6), max_size=10)


def told(found, order, names):
    """The transitions in words, sequence by sequence: context and what follows."""
    words = []
    for key in found.keys.tolist():
        symbols = []
        for _ in range(order + 1):
            key, symbol = divmod(key, found.symbols)
            symbols.append([*names, "$", "^"][symbol])
        assert key == 0
        words.append("".join(reversed(symbols)))
    return [words[a:b] for a, b in pairwise(found.offsets.tolist())]


def slow_transitions(text, order):
    padded = "^" * order + "".join(text) + "$"
    return [padded[i : i + order + 1] for i in range(len(text) + 1)]


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(1, 8))
def test_transitions_are_those_of_the_slow_reference(texts, order):
    sequences = sequence_set(texts, templates="dcba")
    found = transitions(sequences, order)
    assert told(found, order, "dcba") == [slow_transitions(text, order) for text in texts]


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1), entity(3, 2)])
@pytest.mark.parametrize("order", [1, 2])
def test_windows_begin_and_end_on_their_own(grouping, order):
    sequences = grouping.apply(sessions("abca", "bb", "cabcabc", "d"), chronological())
    found = transitions(sequences, order)
    wanted = [slow_transitions(text, order) for text in texts_of(sequences)]
    assert told(found, order, sequences.dataset.templates) == wanted


def test_two_sequences_worked_out_by_hand():
    found = transitions(sequence_set(["ab", "", "b"]), 1)
    # Symbols: a 0, b 1, end 2, start 3.
    assert found.symbols == 4
    assert found.keys.tolist() == [3 * 4 + 0, 0 * 4 + 1, 1 * 4 + 2, 3 * 4 + 2, 3 * 4 + 1, 1 * 4 + 2]
    assert found.offsets.tolist() == [0, 3, 4, 6]
    assert found.keys.dtype == found.offsets.dtype == np.int64


def test_context_carried_over_reaches_back_to_the_origin_and_nothing_ends():
    # Windows ab, cd, e of one session and fg of the next; the windows adjoin in `order`.
    carried = replace(sequence_set(["ab", "cd", "e", "fg"]), origin=np.array([0, 0, 0, 5]))
    found = transitions(carried, 2)
    assert told(found, 2, "abcdefg") == [["^^a", "^ab"], ["abc", "bcd"], ["cde"], ["^^f", "^fg"]]
    assert found.into_event.tolist() == [True] * 7
    assert found.history.tolist() == [0, 1, 2, 2, 2, 0, 1]
    last = transitions(carried.take(np.array([2, 1])), 3)
    assert told(last, 3, "abcdefg") == [["bcde"], ["^abc", "abcd"]]


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.integers(1, 4))
def test_steps_into_events_stand_in_the_order_of_the_events_with_their_history(texts, order):
    sequences = sequence_set(texts, templates="dcba")
    found = transitions(sequences, order)
    into = found.keys[found.into_event] % found.symbols
    assert into.tolist() == sequences.templates.tolist()
    assert (found.keys[~found.into_event] % found.symbols).tolist() == [4] * len(texts)
    assert found.history.tolist() == [min(n, order) for text in texts for n in range(len(text) + 1)]


def test_no_sequences_have_no_transitions():
    found = transitions(sequence_set([], templates="abc"), 2)
    assert found.keys.tolist() == []
    assert found.offsets.tolist() == [0]
    assert found.symbols == 5


@pytest.mark.parametrize(
    ("templates", "longest"),
    # The longest context whose transitions are told apart by a whole number below 2**63: with the
    # two border symbols 8**21, 6**24 and 1000**6 fit; 8**22, 6**25 and 1000**7 do not.
    [(6, 20), (4, 23), (998, 5)],
)
def test_the_longest_context_that_fits_is_told_apart_and_the_next_is_refused(templates, longest):
    names = [chr(0x4E00 + n) for n in range(templates)]
    # Start, start, ..., start, last template: the largest contexts there are.
    sequences = sequence_set([[names[-1]] * 3, [names[-2]] * 3], templates=names)
    found = transitions(sequences, longest)
    wanted = [slow_transitions(text, longest) for text in texts_of(sequences)]
    assert told(found, longest, names) == wanted
    with pytest.raises(
        ConfigError, match=rf"(?s)^model\.order: {templates} templates.*allowed: 1 to {longest} for"
    ):
        transitions(sequences, longest + 1)


def test_an_absurd_order_is_refused_at_once():
    with pytest.raises(ConfigError, match=r"model\.order: 2 templates have too many contexts"):
        transitions(sequence_set(["ab"]), 10**12)
