"""Broken lines, and shapes that were not expected, change nothing of the lines beside them."""

from __future__ import annotations

import json
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.parsers.json_fields import JsonFields, names_in
from tests.data.parsers.test_parser_contract import config_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "a.b", "c", "msg"]), VALUES, max_size=4)
BROKEN = (
    "",
    " ",
    "{",
    "{}}",
    '{"a":1',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":1} {"a":2}',
    "{'a': 1}",
    '{"a":1e999}',
    '{"a":"\x01"}',
    '{"a":"\\ud800"}',
    '{"a":tru}',
    "[]",
    "1",
)
NAMES = ["a", "a.b", "b.a", "c"]


def plain(line: str, name: str) -> str | None:
    """The value of a field as text, by Python's own reader; None where it is no text, number or truth."""
    found = json.loads(line)
    value = found.get(name)
    if value is None and "." in name:
        first, second = name.split(".")
        inside = found.get(first)
        value = inside.get(second) if isinstance(inside, dict) else None
    if isinstance(value, str):
        return value
    return None if value is None else json.dumps(value)


@settings(max_examples=25, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=5), st.integers(0, 2**32))
def test_fields_are_those_that_a_plain_reader_finds_whatever_stands_beside(objects, seed):
    good = [json.dumps(one, ensure_ascii=bool(seed % 2)) for one in objects]
    lines = [*good, *BROKEN]
    random.Random(seed).shuffle(lines)
    fields, valid = JsonFields(NAMES).read(pl.Series(lines))
    for place, line in enumerate(lines):
        assert valid[place] == (line not in BROKEN)
        for name in NAMES:
            found = fields[name][place]
            expected = None if line in BROKEN else plain(line, name)
            if not expected or expected[0] not in "[{":
                assert found == expected
            else:  # a text that is read again by nobody
                assert found[0] + found[-1] == expected[0] + expected[-1]


def test_a_block_with_many_broken_lines_costs_little_more(monkeypatch):
    from anomalog_exp.data.parsers import json_fields

    reads = []
    real = json_fields._read
    monkeypatch.setattr(json_fields, "_read", lambda *given: reads.append(1) or real(*given))
    lines = pl.Series(['{"a":1}', '{"a":1,}'] * 500)
    _, valid = JsonFields(["a"]).read(lines)
    assert valid.sum() == 500
    assert len(reads) == 2


def test_names_are_found_in_objects_of_any_depth():
    lines = ['{"a":{"b":{"c":1},"d":[{}]}}', "broken", "[1]", '{"e":null,"a":2}']
    assert names_in(lines) == ["a.b.c", "a.d", "e", "a"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"msg":"first\\nsecond\\n"}', "first\nsecond"),
        ('{"message":null,"msg":"x"}', "x"),
        ('{"text":"x","message":"y"}', "y"),
        ('{"other":"x"}', '{"other":"x"}'),
        ('{"m\\u0073g":"x"}', "x"),
    ],
)
def test_the_message_is_the_first_known_field_or_the_line(line, message):
    parser = config_of("json").build_parser()
    assert parser.parse(pl.Series([line]))["message"].to_list() == [message]
    # A name that the first lines lack is read where it comes.
    lines = ['{"text":"y"}'] * 200 + [line]
    assert parser.parse(pl.Series(lines))["message"].to_list() == ["y"] * 200 + [message]


@pytest.mark.parametrize(
    "line", ['{"log":{"level":"ERROR"},"message":"x"}', '{"log.level":"ERROR","message":"x"}']
)
def test_a_known_name_may_be_that_of_an_object_inside(line):
    parser = config_of("json").build_parser()
    lines = ['{"message":"y"}'] * 200 + [line]
    level = parser.parse(pl.Series(lines))["level"]
    assert level.to_list() == [None] * 200 + [LEVELS.index("error")]
