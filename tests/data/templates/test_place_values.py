"""What messages have at the places of their templates, by the quick way and by patterns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.place_patterns import by_patterns
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.text_numbers import TextNumbers
from tests.composed import composed

MANY = 1100
"""So many messages of one template are cut; fewer are read by patterns."""


def values_in(
    messages: pl.Series, template: NDArray[np.int32], constants: list[list[str]]
) -> list[str | None]:
    """The values of all messages in their order, place by place; None of those that do not fit."""
    forms = TextForms(TextNumbers())
    number = values_of_places(messages, template, constants, forms)
    texts = iter(forms.texts(number[number >= 0]))
    return [None if n < 0 else next(texts) for n in number]


def by_patterns_alone(messages: pl.Series, constants: list[str]) -> list[str | None]:
    columns = (column.to_list() for column in by_patterns(messages, constants))
    return [value for values in zip(*columns, strict=True) for value in values]


TEXTS = st.lists(st.sampled_from(["a", "b", ":", " ", "  ", "\t", " a", "é"]), max_size=3)
PIECES = st.lists(
    st.sampled_from(
        ["a", "b", "ab", ":", ",", " ", "  ", "\t", "\n", "\x1c", "é", "\u2003", "\x00"]
    ),
    max_size=5,
)


@settings(max_examples=100, deadline=None)
@given(
    constants=st.lists(TEXTS.map("".join), min_size=2, max_size=4),
    pieces=st.lists(st.lists(PIECES.map("".join), min_size=3, max_size=3), min_size=1, max_size=8),
    others=st.lists(PIECES.map("".join), max_size=3),
)
def test_cut_values_are_those_of_patterns(constants, pieces, others):
    filled = [
        constants[0] + "".join(a + b for a, b in zip(values, constants[1:], strict=False))
        for values in pieces
    ]
    messages = pl.Series([*filled, *others], dtype=pl.String)
    wanted = by_patterns_alone(messages, constants)
    repeats = -(-MANY // len(messages))
    many = pl.concat([messages] * repeats)
    found = values_in(many, np.zeros(len(many), dtype=np.int32), [constants])
    assert found == wanted * repeats
    assert values_in(messages, np.zeros(len(messages), dtype=np.int32), [constants]) == wanted


@pytest.mark.parametrize(
    "system", ["HDFS", "BGL", "Thunderbird", "OpenStack", "Linux", "Proxifier"]
)
def test_cut_values_of_real_messages_are_those_of_patterns(shared_data, system):
    data = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_bytes()
    messages = pl.Series(data.decode(errors="backslashreplace").split("\n")).filter(
        pl.Series([bool(line) for line in data.split(b"\n")])
    )
    templates, codes = Templates.mine(messages, composed("template=drain").template)
    wildcards = Wildcards(templates.config)
    constants = [wildcards.constants(text) for text in templates.mined]
    # The largest templates alone, whose messages are repeated.
    for code in np.argsort(-np.bincount(codes), kind="stable")[:12].tolist():
        own = messages.filter(codes == code)
        if len(constants[code]) == 1:
            continue
        repeats = -(-MANY // len(own))
        many = pl.concat([own] * repeats)
        found = values_in(many, np.zeros(len(many), dtype=np.int32), [constants[code]])
        wanted = by_patterns_alone(own, constants[code])
        assert found == wanted * repeats
        few = own.head(20)
        found = values_in(few, np.zeros(len(few), dtype=np.int32), [constants[code]])
        assert found == wanted[: len(found)]


@pytest.mark.parametrize("times", [5, 70, MANY])
@pytest.mark.parametrize(
    ("places", "word", "between", "found"),
    [
        (100, 160, "\n", 100),  # a trace, whose values are words
        (101, 10, " ", 0),  # more than anybody reads
        (50, 1000, ":", 50 * [None]),  # readings without number
        (3, 10, ":", 3),
    ],
)
def test_long_messages_take_no_long_time(places, word, between, found, times):
    message = between.join(f"{'w' * word} {i}x" for i in range(places))
    text = " ".join(between.join(f"{'w' * word} <*>" for _ in range(places)).split("\n"))
    wildcards = Wildcards(composed("template=drain").template)
    code = np.zeros(times, dtype=np.int32)
    values = values_in(pl.Series([message] * times), code, [wildcards.constants(text)])
    wanted = [f"{i}x" for i in range(found)] if isinstance(found, int) else found
    assert values == wanted * times
