"""Values that are cut where the shape of a message says: those that patterns find in the message itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.shape_cuts import ShapeCut, ShapeCuts
from anomalog_exp.data.templates.shape_values import cut_numbers
from anomalog_exp.data.text_numbers import TextNumbers
from tests.data.templates.test_place_values import by_patterns_alone


def shaped(messages: pl.Series) -> tuple[list[str], NDArray[np.int64]]:
    """The shapes of messages, and which each message has."""
    masked = Masker("general").fast(messages)
    shapes = masked.unique(maintain_order=True)
    number = {one: code for code, one in enumerate(shapes)}
    return shapes.to_list(), np.array([number[one] for one in masked], dtype=np.int64)


def values_in(messages: pl.Series, constants: Sequence[str]) -> list[str | None]:
    """The values of messages of one template, in order; None of those that do not fit."""
    shapes, shape = shaped(messages)
    found = {code: ShapeCut.of(one, constants) for code, one in enumerate(shapes)}
    known = {code: cut for code, cut in found.items() if cut is not None}
    cuts = ShapeCuts.none().and_of(known, len(shapes))
    is_cut = messages.str.len_bytes().to_numpy() <= cuts.longest[shape]
    vocabulary = TextNumbers()
    numbers = cut_numbers(messages.filter(is_cut), shape[is_cut], cuts, vocabulary)
    texts = iter(vocabulary.texts(numbers))
    places = len(constants) - 1
    others = iter(by_patterns_alone(messages.filter(~is_cut), constants))
    return [next(texts if cut else others) for cut in is_cut for _ in range(places)]


@pytest.mark.parametrize(
    ("shape", "constants"),
    [
        ("Received block blk_-0 of size 0 from /0", ["Received block ", " of size ", " from ", ""]),
        ("0:Got exception while serving blk_0", ["", ":Got exception while serving ", ""]),
        ("mask 0, at 0", ["mask ", ", at ", ""]),
        ("(mc=0 iar 0)", ["(mc=", " iar ", ")"]),
        ("user ann left", ["user ", " left"]),
        ("from 0 0 0", ["from ", ""]),
        ("é 0 ü", ["é ", " ü"]),
        ("nothing varies", ["nothing varies"]),
    ],
)
def test_shapes_that_are_cut(shape, constants):
    cut = ShapeCut.of(shape, constants)
    assert cut.longest > 1000
    octets = shape.encode()
    texts = [octets[slice(*place)].decode() for place in cut.places]
    filled = [a + b for a, b in zip(constants, [*texts, ""], strict=True)]
    assert "".join(filled) == shape


@pytest.mark.parametrize(
    ("shape", "constants"),
    [
        # The text may begin within a number: 5ms, 1:2:3, and 3.5.
        ("took 0ms or so", ["took ", "ms or ", ""]),
        ("0:0", ["", ":", ""]),
        # What a number is long moves both sides of the edge.
        ("r0=0 up", ["", "=", " up"]),
        # A digit of the text may be any number of the message.
        ("port 0 of 0", ["port 0 of ", ""]),
        ("to 0", ["from ", ""]),
        ("to 0", ["to 0"]),
        ("to 0", ["", "", ""]),
    ],
)
def test_shapes_that_are_not_cut(shape, constants):
    assert ShapeCut.of(shape, constants) is None


@pytest.mark.parametrize("shape", ["to é0", "to 0  0"])
def test_values_that_patterns_may_read_in_another_way(shape):
    assert ShapeCut.of(shape, ["to ", ""]).longest == -1


TEXTS = st.lists(
    st.sampled_from(["a", "b", ":", ".", " ", ", ", "=", "-", "\t", " a", "a b", "é", "/"]),
    max_size=3,
)
PIECES = st.lists(
    st.sampled_from(
        ["0", "17", "5a", "1:2", "3.5", "a", "ab", ":", ",", " ", "  ", "\n", "é", "-", "/"]
    ),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(
    constants=st.lists(TEXTS.map("".join), min_size=2, max_size=4),
    pieces=st.lists(st.lists(PIECES.map("".join), min_size=3, max_size=3), min_size=1, max_size=8),
    others=st.lists(PIECES.map("".join), max_size=3),
)
def test_values_are_those_of_patterns(constants, pieces, others):
    filled = [
        constants[0] + "".join(a + b for a, b in zip(values, constants[1:], strict=False))
        for values in pieces
    ]
    messages = pl.Series([*filled, *others], dtype=pl.String)
    assert values_in(messages, constants) == by_patterns_alone(messages, constants)


def test_many_messages_are_cut_some_at_a_time():
    messages = pl.Series([f"job {i} took {i % 7} ms, {'x' * 90}" for i in range(60_000)])
    found = values_in(messages, ["job ", " took ", " ms, ", ""])
    assert found[:6] == ["0", "0", "x" * 90, "1", "1", "x" * 90]
    assert found[-3:] == ["59999", str(59_999 % 7), "x" * 90]
    assert len(found) == 180_000


@pytest.mark.parametrize(
    ("constants", "found"),
    [
        (["a:", "; ", ";b"], False),  # patterns read short messages only
        (["a ", " b ", ""], True),  # they read any, where values are whole words
    ],
)
def test_long_messages_have_the_values_that_patterns_find(constants, found):
    first, between, last = constants
    short, long = (f"{first}{'1' * size}{between}{'2' * 9}{last}" for size in (9, 5 << 20))
    of_short = ["1" * 9, "2" * 9]
    of_long = ["1" * (5 << 20), "2" * 9] if found else [None, None]
    values = values_in(pl.Series([short, long, short]), constants)
    assert values == [*of_short, *of_long, *of_short]


def test_no_messages():
    assert values_in(pl.Series([], dtype=pl.String), ["a ", ""]) == []
