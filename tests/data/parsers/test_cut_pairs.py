"""Values that are cut out of simple logfmt lines are those that regular expressions find in them."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from anomalog_exp.data.parsers.logfmt import LogfmtParser, _by_patterns
from tests.data.parsers.test_parser_contract import config_of

NAMES = {"message": ["msg", "text"], "time_ms": ["time", "t"], "level": ["level"], "entity": ["id"]}
KEYS = st.sampled_from(["msg", "text", "time", "t", "level", "id", "x.msg", "xid", "é"])
VALUES = st.sampled_from(
    ["", "5", '""', '"a b"', '"a msg=1"', '"a id b"', r'"a \"id=2\" b"', '"a', 'a"b', "a=b", "é", '"é b"', "?id=7"]
)  # fmt: skip
WORDS = st.one_of(
    st.builds("{}={}".format, KEYS, VALUES), st.sampled_from(["word", "=", '"', "id"])
)
LINES = st.builds(
    lambda words, space, end: space.join(words) + end,
    st.lists(WORDS, max_size=5),
    st.sampled_from([" ", " ", " ", "  ", "\t", "\u2003"]),
    st.sampled_from(["", "", "", " ", "\r"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6))
def test_cutting_and_searching_agree(lines):
    parser = config_of("logfmt").build_parser()
    assert isinstance(parser, LogfmtParser)
    texts = pl.Series(lines)
    assert_frame_equal(parser.texts(texts, NAMES), _by_patterns(texts, NAMES))
