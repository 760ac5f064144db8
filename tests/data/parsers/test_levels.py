from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.parsers.levels import level_codes


def names(texts: list[str | None], **options) -> list[str | None]:
    codes = level_codes(pl.Series(texts, dtype=pl.String), **options)
    assert codes.dtype == pl.Int8
    return [None if code is None else LEVELS[code] for code in codes]


@pytest.mark.parametrize(
    ("level", "spellings"),
    [
        ("trace", "TRACE trace Verbose V finest"),
        ("debug", "DEBUG D fine"),
        ("info", "INFO Info information I"),
        ("notice", "notice"),
        ("warning", "WARN warning Warning W"),
        ("error", "ERROR err E"),
        ("critical", "CRITICAL crit SEVERE"),
        ("fatal", "FATAL FAILURE alert emerg EMERGENCY panic F"),
        (None, "X 3 <err> INFOS Level"),
    ],
)
def test_names_on_the_scale(level, spellings):
    for name in spellings.split():
        assert names([name, f" {name} ", None]) == [level, level, None]
        assert names([f"\x1b[1;31m{name}\x1b[0m"]) == [level]


def test_the_level_is_the_word_asked_for_if_it_ends_in_time():
    texts = [
        "RAS KERNEL INFO x",
        "RAS KERNEL INFO",
        "RAS KERNEL",
        "RAS KERNEL INFORMAL x",
        None,
        "",
    ]
    assert names(texts, word=2, within=len("RAS KERNEL INFO")) == ["info", "info"] + [None] * 4
    assert names(texts[::-1], word=2, within=len("RAS KERNEL INF")) == [None] * 6


WORDS = st.sampled_from(["INFO", "WARN", "ERR", "x", "INFORMATION", "kernel", "é"])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join) | st.none()


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS, max_size=12), st.integers(0, 2), st.integers(1, 20))
def test_levels_are_those_of_each_text_alone(texts, word, within):
    def slow(text: str | None) -> str | None:
        words = [] if text is None else text.split(" ")
        end = len(" ".join(words[: word + 1]))
        if len(words) <= word or end > within:
            return None
        known = {"INFO": "info", "INFORMATION": "info", "WARN": "warning", "ERR": "error"}
        return known.get(words[word])

    assert names(texts, word=word, within=within) == [slow(text) for text in texts]
    assert names(texts, word=word) == [names([text], word=word, within=100)[0] for text in texts]


def test_databases_have_names_of_their_own():
    assert names(["LOG", "Note", "log", "PANIC"]) == ["info", "info", "info", "fatal"]


def test_no_texts_have_no_levels():
    assert names([]) == []
    assert names([None, None], word=1, within=5) == [None, None]
