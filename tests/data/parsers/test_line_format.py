"""Formats cut at their texts against the regular expression that says what they mean."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.parsers.line_format import LineFormat
from anomalog_exp.data.reading.blocks import block_lines

FORMATS = [
    "<A>",
    "<A> <Content>",
    "<A> <B> <C>: <Content>",
    "[<A>] [<B>] <Content>",
    "<A>|<B>|<Content>",
    "<A>  <B> <Content>",
    "<A> - <B> [<C>:<D>@<E>] - <Content>",
    "<A><B> <Content>",
    "(<A>) <Content>.",
    "<A>é<Content>",
    "x<A>:<B>: <Content>",
]
LINES = st.text(st.sampled_from("ab :|[]-@.()x \t\v\r  é\xa0\u2003 "), max_size=24)


def meant(form: LineFormat, lines: pl.Series) -> pl.DataFrame:
    return lines.str.extract_groups(form.pattern).struct.unnest()


@pytest.mark.parametrize("text", FORMATS)
def test_cutting_is_what_the_expression_says(text):
    form = LineFormat(text)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(LINES, min_size=1, max_size=8))
    def check(lines):
        given_lines = pl.Series("line", lines, dtype=pl.String)
        assert form.cut(given_lines).equals(meant(form, given_lines))

    check()


@pytest.mark.parametrize(
    ("form", "line", "fields"),
    [
        ("<A> <B>: <Content>", "x y: z: w", ["x", "y", "z: w"]),
        ("<A> <B>: <Content>", "x   y:   z", ["x", "y", "z"]),
        ("<A> <B>: <Content>", "x y:z", [None, None, None]),
        ("<A> <B>: <Content>", "x y: ", ["x", "y", ""]),
        ("[<A>] <Content>", "[x] y] z", ["x", "y] z"]),
        ("[<A>] <Content>", "x] y", [None, None]),
        ("<Content>", "", [""]),
    ],
)
def test_lines_worked_out_by_hand(form, line, fields):
    for lines in ([line], [line, "é"], ["a b: c", line]):
        found = LineFormat(form).cut(pl.Series(lines, dtype=pl.String))
        assert list(found.row(lines.index(line))) == fields


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ("OpenStack", "<Record> <Date> <Time> <Pid> <Level> <Component> [<Address>] <Content>"),
        ("HDFS", "<Date> <Time> <Pid> <Level> <Component>: <Content>"),
        (
            "BGL",
            "<Label> <Stamp> <Date> <Node> <Time> <Repeat> <Type> <Component> <Level> <Content>",
        ),
        (
            "Thunderbird",
            "<Label> <Stamp> <Date> <User> <Month> <Day> <Time> <Place> <Component>: <Content>",
        ),
    ],
)
def test_real_lines_are_cut_as_the_expression_says(shared_data, system, text):
    form = LineFormat(text)
    data = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_bytes()
    lines, _ = block_lines(data)
    found = form.cut(lines)
    assert found.equals(meant(form, lines))
    assert found["Content"].count() > 1500
