from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.features import distinct as module
from anomalog_exp.features.distinct import Runs, _hashes, distinct
from tests.logs import sessions
from tests.sequencing import chronological, entity, fixed, sequence_set, texts_of


def slow_groups(sequences):
    texts = [tuple(text) for text in texts_of(sequences)]
    names = list(dict.fromkeys(texts))
    return (
        [texts.index(name) for name in names],
        [names.index(text) for text in texts],
        [texts.count(name) for name in names],
    )


def groups(sequences):
    found = distinct(sequences)
    return found.first.tolist(), found.group.tolist(), found.count.tolist()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("abc", max_size=4), max_size=25))
def test_groups_are_those_of_the_slow_reference(texts):
    sequences = sequence_set(texts, templates="cba")
    assert groups(sequences) == slow_groups(sequences)


@pytest.mark.parametrize("grouping", [fixed(3, 1), fixed(2, 3), entity(2, 1), entity(3, 2)])
def test_windows_are_compared_by_what_they_hold(grouping):
    sequences = grouping.apply(sessions("ababab", "ba", "babab", "abab"), chronological())
    assert groups(sequences) == slow_groups(sequences)
    assert max(groups(sequences)[2]) > 1


def test_order_length_and_emptiness_tell_sequences_apart():
    sequences = sequence_set(["ab", "ba", "a", "aa", "", "ab", ""])
    assert groups(sequences) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 0, 4], [2, 1, 1, 1, 2])
    found = distinct(sequences)
    assert found.first.dtype == found.group.dtype == found.count.dtype == np.int64


def test_no_sequences_make_no_groups():
    assert groups(sequence_set([], templates="a")) == ([], [], [])


def test_what_was_found_is_kept_no_longer_than_the_sequences():
    sequences = sequence_set(["ab", "ab"])
    first = distinct(sequences)
    assert distinct(sequences) is first
    gone = weakref.ref(first)
    del sequences, first
    gc.collect()
    assert gone() is None


def runs_of(sequences):
    codes = sequences.dataset.template[sequences.order]
    return Runs(codes, sequences.start, sequences.stop, len(sequences.dataset.templates))


def hashes_of(sequences, seed=0):
    return _hashes(runs_of(sequences), seed)


PLACES = 8
KINDS = 500


def joined(left, right, bits):
    """Sums of one of each that end in `bits` zeros, at most as many as were given, and their parts."""
    (a, made_of_a), (b, made_of_b) = left, right
    mask = np.uint64(2**bits - 1)
    by_end = np.argsort(b & mask, kind="stable")
    ends, wanted = (b & mask)[by_end], (np.uint64(0) - a) & mask
    low, high = np.searchsorted(ends, wanted), np.searchsorted(ends, wanted, side="right")
    i = np.repeat(np.arange(len(a)), high - low)
    j = by_end[np.arange(len(i)) - np.repeat(np.cumsum(high - low) - high, high - low)]
    i, j = i[: 2 * len(a)], j[: 2 * len(a)]
    return a[i] + b[j], np.concatenate((made_of_a[i], made_of_b[j]), axis=1)


def two_that_hash_alike():
    """Two different sequences with one hash, found as Wagner's generalised birthday finds them.

    Replacing a template at a place adds a number to the hash that depends on nothing else: from eight
    lists of such numbers, one a place, eight are searched that add up to nothing.
    """
    names = [chr(0x4E00 + n) for n in range(KINDS)]
    texts = np.full((PLACES, KINDS, PLACES), names[0])
    for place in range(PLACES):
        texts[place, :, place] = names
    texts = texts.reshape(-1, PLACES)
    added = hashes_of(sequence_set(["".join(text) for text in texts], templates=names))
    added = (added - added[0]).reshape(PLACES, KINDS)
    one, other = (codes.ravel() for codes in np.meshgrid(np.arange(KINDS), np.arange(KINDS)))
    pairs = np.stack((one, other), axis=1)[one != other][: 2**17]
    lists = [(numbers[pairs[:, 0]] - numbers[pairs[:, 1]], pairs) for numbers in added]
    for bits in (17, 34, 64):
        lists = [joined(*two, bits) for two in zip(lists[::2], lists[1::2], strict=True)]
    _, found = lists[0]
    chosen = found[0].reshape(PLACES, 2)
    return ["".join(names[code] for code in chosen[:, side]) for side in (0, 1)], names


def test_sequences_that_hash_alike_are_still_told_apart():
    (one, other), names = two_that_hash_alike()
    assert one != other
    sequences = sequence_set([one, other, one, names[0], other], templates=names)
    hashes = hashes_of(sequences)
    assert hashes[0] == hashes[1]
    assert groups(sequences) == ([0, 1, 3], [0, 1, 0, 2, 1], [2, 2, 1])


def test_sequences_that_no_base_of_a_polynomial_tells_apart_are():
    thue_morse = "".join("ab"[n.bit_count() % 2] for n in range(2048))
    complement = thue_morse.translate(str.maketrans("ab", "ba"))
    sequences = sequence_set([thue_morse, complement, thue_morse])
    hashes = hashes_of(sequences)
    assert hashes[0] == hashes[1]
    assert groups(sequences) == ([0, 1], [0, 1, 0], [2, 1])


@pytest.mark.parametrize("compared_codes", [1, 3, 100])
def test_how_many_events_are_compared_at_a_time_changes_nothing(monkeypatch, compared_codes):
    monkeypatch.setattr(module.scratch, "PORTION", compared_codes)
    sequences = sequence_set(["ab", "", "abc", "ab", "", "abc", "abcabc", "ab"])
    assert groups(sequences) == slow_groups(sequences)
    assert not module._equal(runs_of(sequences), np.array([0, 1, 2, 3, 4, 5, 6, 2]))
    assert not module._equal(runs_of(sequence_set(["ab", "ba", "ab"])), np.array([0, 0, 0]))
